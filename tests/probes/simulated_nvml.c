/* The part of NVML's public C interface that is read, for machines without a GPU. Structures are those of nvml.h.
   SIM_GPUS: how many are listed (-1: listing fails). SIM_FAULT: init, lost (the second GPU is), bare (no sensor),
   old (a driver before 535), shy (processes do not tell their memory). SIM_MIG: slices of each GPU. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

enum { OK = 0, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7, DRIVER_NOT_LOADED = 9, FUNCTION_NOT_FOUND = 13, GPU_IS_LOST = 15 };
typedef struct { unsigned int gpu, memory; } utilization_t;
typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned int pid; unsigned long long usedGpuMemory; unsigned int gpuInstanceId, computeInstanceId; } process_t;
typedef struct {
    unsigned int multiprocessorCount, sharedCopyEngineCount, sharedDecoderCount, sharedEncoderCount, sharedJpegCount,
        sharedOfaCount, gpuInstanceSliceCount, computeInstanceSliceCount;
    unsigned long long memorySizeMB;
} attributes_t;

/* A GPU's handle is its number from 1; a slice's is 100 times that, plus its own number from 1. */
static int slice(void *handle) { return (size_t)handle >= 100 ? (int)((size_t)handle % 100) : 0; }

static int fault(const char *name) {
    const char *wanted = getenv("SIM_FAULT");
    return wanted && !strcmp(wanted, name);
}

static unsigned int slices(void) {
    const char *wanted = getenv("SIM_MIG");
    return wanted ? (unsigned int)atoi(wanted) : 0;
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
    snprintf(uuid, length, "%s-%zu", slice(handle) ? "MIG" : "GPU", (size_t)handle);
    return OK;
}

int nvmlDeviceGetUtilizationRates(void *handle, utilization_t *found) {
    found->gpu = 75;
    found->memory = 10;
    return fault("bare") || slices() ? NOT_SUPPORTED : OK; /* a GPU in slices has no utilisation as a whole */
}

int nvmlDeviceGetMemoryInfo(void *handle, memory_t *found) {
    found->total = (slice(handle) ? 10ULL : 80ULL) << 30;
    found->used = (slice(handle) ? 1ULL : 20ULL) << 30;
    found->free = found->total - found->used;
    return fault("bare") ? NOT_SUPPORTED : OK;
}

int nvmlDeviceGetPowerUsage(void *handle, unsigned int *milliwatts) {
    *milliwatts = 350500;
    return fault("bare") ? NOT_SUPPORTED : OK;
}

int nvmlDeviceGetEnforcedPowerLimit(void *handle, unsigned int *milliwatts) {
    *milliwatts = 700000;
    return fault("bare") ? NOT_SUPPORTED : OK;
}

int nvmlDeviceGetTotalEnergyConsumption(void *handle, unsigned long long *millijoules) {
    *millijoules = 123456789ULL;
    return fault("bare") ? NOT_SUPPORTED : OK;
}

int nvmlDeviceGetTemperature(void *handle, int sensor, unsigned int *celsius) {
    *celsius = 61;
    return fault("bare") ? NOT_SUPPORTED : OK;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(void *handle, unsigned long long *reasons) {
    *reasons = 0x4 | 0x40 | 0x8000; /* power cap, hardware thermal, and one that is newer than we are */
    return fault("bare") ? NOT_SUPPORTED : OK;
}

int nvmlDeviceGetCurrentClocksEventReasons(void *handle, unsigned long long *reasons) {
    return fault("old") ? FUNCTION_NOT_FOUND : nvmlDeviceGetCurrentClocksThrottleReasons(handle, reasons);
}

int nvmlDeviceGetTotalEccErrors(void *handle, int type, int counter, unsigned long long *count) {
    *count = counter == 0 ? (type == 0 ? 12 : 1) : 999; /* volatile: corrected, uncorrected */
    return fault("bare") ? NOT_SUPPORTED : OK;
}

int nvmlDeviceGetMigMode(void *handle, unsigned int *current, unsigned int *pending) {
    *current = *pending = slices() > 0;
    return fault("bare") ? NOT_SUPPORTED : OK;
}

int nvmlDeviceGetMaxMigDeviceCount(void *handle, unsigned int *count) {
    *count = 7;
    return OK;
}

int nvmlDeviceGetMigDeviceHandleByIndex(void *handle, unsigned int index, void **found) {
    *found = (void *)((size_t)handle * 100 + index + 1);
    return index < slices() ? OK : NOT_FOUND;
}

int nvmlDeviceGetGpuInstanceId(void *handle, unsigned int *id) {
    *id = (unsigned int)slice(handle) + 6;
    return slice(handle) ? OK : NOT_SUPPORTED;
}

int nvmlDeviceGetAttributes_v2(void *handle, attributes_t *found) {
    memset(found, 0, sizeof *found);
    found->gpuInstanceSliceCount = 3;
    found->computeInstanceSliceCount = slice(handle) == 1 ? 3 : 1;
    found->memorySizeMB = 40192;
    return OK;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned int *count, process_t *found) {
    if (fault("bare")) return NOT_SUPPORTED;
    if (fault("old")) return FUNCTION_NOT_FOUND;
    if (*count < 2 || !found) {
        *count = 2;
        return INSUFFICIENT_SIZE;
    }
    *count = 2;
    found[0] = (process_t){4321, 3ULL << 30, slices() ? 7 : 0xFFFFFFFFu, 0xFFFFFFFFu};
    found[1] = (process_t){4322, fault("shy") ? ~0ULL : 1ULL << 30, slices() ? 8 : 0xFFFFFFFFu, 0xFFFFFFFFu};
    return OK;
}
