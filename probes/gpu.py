"""What NVML says about the GPUs of this machine. No GPU is an outcome, not a crash."""

import warnings
from dataclasses import dataclass
from math import ceil
from typing import Any

with warnings.catch_warnings():
    # Importing this distribution warns that its successor has another name; it is the same code.
    warnings.simplefilter("ignore", FutureWarning)
    import pynvml

__all__ = ["CLOCK_EVENTS", "GpuDevice", "GpuProcess", "GpuReading", "MigDevice", "read_gpus"]

CLOCK_EVENTS = {
    0x001: "gpu_idle",
    0x002: "applications_clocks_setting",
    0x004: "sw_power_cap",
    0x008: "hw_slowdown",
    0x010: "sync_boost",
    0x020: "sw_thermal_slowdown",
    0x040: "hw_thermal_slowdown",
    0x080: "hw_power_brake_slowdown",
    0x100: "display_clock_setting",
}
"""Why clocks are not at their highest, by NVML's bits; drivers may know more, which are left out."""
MAX_PROCESSES = 256
MAX_MIG_DEVICES = 64
NO_INSTANCE = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuProcess:
    """A process that computes on a GPU; ``gpu_instance`` is that of its MIG device."""

    pid: int
    memory_bytes: int | None
    gpu_instance: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MigDevice:
    """A slice of a GPU; ``profile`` as NVIDIA writes it, for example ``3g.40gb``."""

    uuid: str
    profile: str | None
    gpu_instance: int | None
    memory_used_bytes: int | None
    memory_total_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuDevice:
    """One GPU; what it does not report is None.

    Attributes:
        index: As NVML counts them.
        uuid: As on every other system that names it.
        name: Of the product.
        utilization_ratio: Share of the last moment in which a kernel ran; None on a GPU in slices.
        memory_used_bytes: Taken by anybody.
        memory_total_bytes: There are.
        power_watts: Drawn.
        power_limit_watts: Allowed.
        temperature_celsius: Of the chip.
        energy_joules: Since the driver was loaded.
        clock_events: Why its clocks are not at their highest, sorted.
        ecc_corrected: Memory errors that were put right since the driver was loaded.
        ecc_uncorrected: Memory errors that were not.
        mig_devices: Its slices; None when it cannot be cut, empty when it is not.
        processes: Who computes on it; a machine in a container may not be told.
    """

    index: int
    uuid: str
    name: str
    utilization_ratio: float | None
    memory_used_bytes: int | None
    memory_total_bytes: int | None
    power_watts: float | None
    temperature_celsius: float | None
    power_limit_watts: float | None = None
    energy_joules: float | None = None
    clock_events: tuple[str, ...] | None = None
    ecc_corrected: int | None = None
    ecc_uncorrected: int | None = None
    mig_devices: tuple[MigDevice, ...] | None = None
    processes: tuple[GpuProcess, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReading:
    """Source ``nvml`` or ``none``, and the plain reason."""

    source: str
    reason: str
    devices: tuple[GpuDevice, ...] = ()


def read_gpus() -> GpuReading:
    """Ask NVML once, from start to shutdown: a driver that was reloaded is then found again."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return GpuReading(source="none", reason=f"NVML cannot be used: {error}")
    try:
        found = [_optional(_device, index) for index in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError as error:
        return GpuReading(source="none", reason=f"NVML lists no GPU: {error}")
    finally:
        _optional(lambda _: pynvml.nvmlShutdown(), None)
    devices = tuple(device for device in found if device is not None)
    if not devices:
        return GpuReading(source="none", reason=f"none of {len(found)} GPUs can be read by NVML")
    reason = f"NVML reads {len(devices)} of {len(found)} GPUs"
    return GpuReading(source="nvml", reason=reason, devices=devices)


def _device(index: int) -> GpuDevice:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    busy = _optional(pynvml.nvmlDeviceGetUtilizationRates, handle)
    memory = _optional(pynvml.nvmlDeviceGetMemoryInfo, handle)
    celsius = _optional(_temperature, handle)
    return GpuDevice(
        index=index,
        uuid=_text(pynvml.nvmlDeviceGetUUID(handle)),
        name=_text(pynvml.nvmlDeviceGetName(handle)),
        utilization_ratio=None if busy is None else busy.gpu / 100.0,
        memory_used_bytes=None if memory is None else int(memory.used),
        memory_total_bytes=None if memory is None else int(memory.total),
        power_watts=_thousandth(_optional(pynvml.nvmlDeviceGetPowerUsage, handle)),
        power_limit_watts=_thousandth(_optional(pynvml.nvmlDeviceGetEnforcedPowerLimit, handle)),
        temperature_celsius=None if celsius is None else float(celsius),
        energy_joules=_thousandth(_optional(pynvml.nvmlDeviceGetTotalEnergyConsumption, handle)),
        clock_events=_clock_events(handle),
        ecc_corrected=_optional(_ecc, (handle, pynvml.NVML_MEMORY_ERROR_TYPE_CORRECTED)),
        ecc_uncorrected=_optional(_ecc, (handle, pynvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED)),
        mig_devices=_optional(_mig_devices, handle),
        processes=_optional(_processes, handle),
    )


def _temperature(handle: Any) -> Any:  # noqa: ANN401 -- NVML's own structures
    return pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU)


def _ecc(handle_and_kind: tuple[Any, int]) -> Any:  # noqa: ANN401 -- NVML's own structures
    handle, kind = handle_and_kind
    return pynvml.nvmlDeviceGetTotalEccErrors(handle, kind, pynvml.NVML_VOLATILE_ECC)


def _clock_events(handle: Any) -> tuple[str, ...] | None:  # noqa: ANN401 -- NVML's own structures
    bits = _optional(pynvml.nvmlDeviceGetCurrentClocksEventReasons, handle)
    if bits is None:  # drivers before 535 know it by its old name
        bits = _optional(pynvml.nvmlDeviceGetCurrentClocksThrottleReasons, handle)
    if bits is None:
        return None
    return tuple(sorted(name for bit, name in CLOCK_EVENTS.items() if bits & bit))


def _mig_devices(handle: Any) -> tuple[MigDevice, ...]:  # noqa: ANN401 -- NVML's own structures
    current, _ = pynvml.nvmlDeviceGetMigMode(handle)
    if current != pynvml.NVML_DEVICE_MIG_ENABLE:
        return ()
    most = min(pynvml.nvmlDeviceGetMaxMigDeviceCount(handle), MAX_MIG_DEVICES)
    found = [_optional(_mig_device, (handle, place)) for place in range(most)]
    return tuple(device for device in found if device is not None)


def _mig_device(handle_and_place: tuple[Any, int]) -> MigDevice:
    handle = pynvml.nvmlDeviceGetMigDeviceHandleByIndex(*handle_and_place)
    memory = _optional(pynvml.nvmlDeviceGetMemoryInfo, handle)
    return MigDevice(
        uuid=_text(pynvml.nvmlDeviceGetUUID(handle)),
        profile=_profile(_optional(pynvml.nvmlDeviceGetAttributes_v2, handle)),
        gpu_instance=_optional(pynvml.nvmlDeviceGetGpuInstanceId, handle),
        memory_used_bytes=None if memory is None else int(memory.used),
        memory_total_bytes=None if memory is None else int(memory.total),
    )


def _profile(slices: Any) -> str | None:  # noqa: ANN401 -- NVML's own structures
    if slices is None:
        return None
    whole, part = slices.gpuInstanceSliceCount, slices.computeInstanceSliceCount
    name = f"{whole}g.{ceil(slices.memorySizeMB / 1024)}gb"
    return name if part == whole else f"{part}c.{name}"


def _processes(handle: Any) -> tuple[GpuProcess, ...]:  # noqa: ANN401 -- NVML's own structures
    # With its version in the name: without, an old driver raises what is no NVMLError.
    found = pynvml.nvmlDeviceGetComputeRunningProcesses_v3(handle)[:MAX_PROCESSES]
    return tuple(
        GpuProcess(
            pid=process.pid,
            memory_bytes=process.usedGpuMemory,
            gpu_instance=None if process.gpuInstanceId == NO_INSTANCE else process.gpuInstanceId,
        )
        for process in found
    )


def _optional(read: Any, of: Any) -> Any:  # noqa: ANN401 -- NVML's own structures
    """Return a reading, or None where the card does not have it."""
    try:
        return read(of)
    except pynvml.NVMLError:
        return None


def _thousandth(value: int | None) -> float | None:
    return None if value is None else value / 1000.0


def _text(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
