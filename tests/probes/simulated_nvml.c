/* The part of NVML's public C interface that is read, for machines without a GPU.
   SIM_GPUS: how many are listed (-1: listing fails). SIM_FAULT: init, lost (the second GPU is), or bare (no sensor). */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

enum { OK = 0, NOT_SUPPORTED = 3, DRIVER_NOT_LOADED = 9, GPU_IS_LOST = 15 };
typedef struct { unsigned int gpu, memory; } utilization_t;
typedef struct { unsigned long long total, free, used; } memory_t;

static int fault(const char *name) {
    const char *wanted = getenv("SIM_FAULT");
    return wanted && !strcmp(wanted, name);
}

int nvmlInitWithFlags(unsigned int flags) { return fault("init") ? DRIVER_NOT_LOADED : OK; }
int nvmlShutdown(void) { return fault("lost") ? GPU_IS_LOST : OK; }
const char *nvmlErrorString(int code) { return code == DRIVER_NOT_LOADED ? "Driver Not Loaded" : "Fault"; }

int nvmlDeviceGetCount_v2(unsigned int *count) {
    const char *wanted = getenv("SIM_GPUS");
    int found = wanted ? atoi(wanted) : 1;
    *count = (unsigned int)found;
    return found < 0 ? GPU_IS_LOST : OK;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **handle) {
    *handle = (void *)(size_t)(index + 1);
    return index == 1 && fault("lost") ? GPU_IS_LOST : OK;
}

int nvmlDeviceGetName(void *handle, char *name, unsigned int length) {
    snprintf(name, length, "Simulated GPU");
    return OK;
}

int nvmlDeviceGetUUID(void *handle, char *uuid, unsigned int length) {
    snprintf(uuid, length, "GPU-%zu", (size_t)handle);
    return OK;
}

int nvmlDeviceGetUtilizationRates(void *handle, utilization_t *found) {
    found->gpu = 75;
    found->memory = 10;
    return fault("bare") ? NOT_SUPPORTED : OK;
}

int nvmlDeviceGetMemoryInfo(void *handle, memory_t *found) {
    found->total = 80ULL << 30;
    found->used = 20ULL << 30;
    found->free = found->total - found->used;
    return fault("bare") ? NOT_SUPPORTED : OK;
}

int nvmlDeviceGetPowerUsage(void *handle, unsigned int *milliwatts) {
    *milliwatts = 350500;
    return fault("bare") ? NOT_SUPPORTED : OK;
}

int nvmlDeviceGetTemperature(void *handle, int sensor, unsigned int *celsius) {
    *celsius = 61;
    return fault("bare") ? NOT_SUPPORTED : OK;
}
