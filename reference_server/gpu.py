"""What NVML says about the GPUs here, as metrics. No GPU is a statement, not a gap."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

with warnings.catch_warnings():
    # The distribution of this name is deprecated; the module is the same in its successor.
    warnings.simplefilter("ignore", FutureWarning)
    import pynvml

__all__ = ["Gpu", "GpuMetrics", "read_gpus"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One GPU; what it does not report is None.

    Attributes:
        utilization_ratio: Share of the last second or so in which it computed, from 0 to 1.
    """

    index: str
    uuid: str
    utilization_ratio: float | None
    memory_used_bytes: float | None
    memory_total_bytes: float | None


def read_gpus(nvml: Any = pynvml) -> tuple[tuple[Gpu, ...], str]:  # noqa: ANN401 -- a module
    """Ask NVML. It may take milliseconds: call it off the event loop.

    Returns:
        The GPUs, and why there are none; the reason is empty when there are.
    """
    try:
        nvml.nvmlInit()
    except nvml.NVMLError_LibraryNotFound:
        return (), "NVML library not found"
    except nvml.NVMLError as error:
        return (), f"NVML cannot be used: {error}"
    try:
        gpus = tuple(_read(nvml, index) for index in range(nvml.nvmlDeviceGetCount()))
    except nvml.NVMLError as error:
        return (), f"NVML cannot be read: {error}"
    finally:
        nvml.nvmlShutdown()
    return gpus, "" if gpus else "NVML lists no GPU"


def _read(nvml: Any, index: int) -> Gpu:  # noqa: ANN401 -- a module
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    uuid = nvml.nvmlDeviceGetUUID(handle)
    busy = _optional(nvml, nvml.nvmlDeviceGetUtilizationRates, handle)
    memory = _optional(nvml, nvml.nvmlDeviceGetMemoryInfo, handle)
    return Gpu(
        index=str(index),
        uuid=uuid.decode() if isinstance(uuid, bytes) else uuid,
        utilization_ratio=None if busy is None else busy.gpu / 100.0,
        memory_used_bytes=None if memory is None else float(memory.used),
        memory_total_bytes=None if memory is None else float(memory.total),
    )


def _optional(nvml: Any, ask: Any, handle: Any) -> Any:  # noqa: ANN401 -- NVML's own structures
    try:
        return ask(handle)
    except nvml.NVMLError:
        return None


class GpuMetrics(Collector):
    """The last reading as metric families."""

    def __init__(self) -> None:
        self._gpus: tuple[Gpu, ...] = ()
        self._reason = "not read yet"

    def refresh(self) -> None:
        """Read anew; call it off the event loop."""
        self._gpus, self._reason = read_gpus()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield what is known; a value that a GPU does not report has no sample."""
        available = GaugeMetricFamily(
            "gpu_metrics_available", "1 if GPUs are read; 0 with the reason.", labels=["reason"]
        )
        available.add_metric([self._reason], float(not self._reason))
        yield available
        for name, text in _FAMILIES.items():
            family = GaugeMetricFamily(f"gpu_{name}", text, labels=["gpu", "uuid"])
            for gpu in self._gpus:
                value: float | None = getattr(gpu, name)
                if value is not None:
                    family.add_metric([gpu.index, gpu.uuid], value)
            if family.samples:
                yield family


_FAMILIES = {
    "utilization_ratio": "Share of time in which the GPU computed, 0 to 1.",
    "memory_used_bytes": "GPU memory in use, by every process.",
    "memory_total_bytes": "GPU memory there is.",
}
