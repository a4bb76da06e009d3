"""What NVML says about the GPUs of this machine. No GPU is an outcome, not a crash."""

import warnings
from dataclasses import dataclass
from typing import Any

with warnings.catch_warnings():
    # Importing this distribution warns that its successor has another name; it is the same code.
    warnings.simplefilter("ignore", FutureWarning)
    import pynvml

__all__ = ["GpuDevice", "GpuReading", "read_gpus"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuDevice:
    """One GPU; what it does not report is None."""

    index: int
    uuid: str
    name: str
    utilization_ratio: float | None
    memory_used_bytes: int | None
    memory_total_bytes: int | None
    power_watts: float | None
    temperature_celsius: float | None


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
    milliwatts = _optional(pynvml.nvmlDeviceGetPowerUsage, handle)
    celsius = _optional(_temperature, handle)
    return GpuDevice(
        index=index,
        uuid=_text(pynvml.nvmlDeviceGetUUID(handle)),
        name=_text(pynvml.nvmlDeviceGetName(handle)),
        utilization_ratio=None if busy is None else busy.gpu / 100.0,
        memory_used_bytes=None if memory is None else int(memory.used),
        memory_total_bytes=None if memory is None else int(memory.total),
        power_watts=None if milliwatts is None else milliwatts / 1000.0,
        temperature_celsius=None if celsius is None else float(celsius),
    )


def _temperature(handle: Any) -> Any:  # noqa: ANN401 -- NVML's own structures
    return pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU)


def _optional(read: Any, of: Any) -> Any:  # noqa: ANN401 -- NVML's own structures
    """Return a reading, or None where the card does not have it."""
    try:
        return read(of)
    except pynvml.NVMLError:
        return None


def _text(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
