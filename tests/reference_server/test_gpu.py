"""What NVML says."""

from types import SimpleNamespace
from typing import Any

import pynvml
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from reference_server.gpu import Gpu, GpuMetrics, read_gpus


class FakeNvml:
    """Two GPUs, of which the second reports no utilisation."""

    NVMLError = pynvml.NVMLError
    NVMLError_LibraryNotFound = pynvml.NVMLError_LibraryNotFound

    def __init__(self, *, count: int = 2, init: Exception | None = None) -> None:
        self.count = count
        self.init = init
        self.open = 0

    def nvmlInit(self) -> None:  # noqa: N802 -- NVML's own name
        if self.init is not None:
            raise self.init
        self.open += 1

    def nvmlShutdown(self) -> None:  # noqa: N802 -- NVML's own name
        self.open -= 1

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802 -- NVML's own name
        if self.count < 0:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
        return self.count

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802 -- NVML's own name
        return index

    def nvmlDeviceGetUUID(self, handle: int) -> str | bytes:  # noqa: N802 -- NVML's own name
        return f"GPU-{handle}".encode() if handle else "GPU-0"

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> Any:  # noqa: N802 -- NVML's own name
        if handle:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return SimpleNamespace(gpu=25)

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Any:  # noqa: ARG002, N802 -- NVML's own
        return SimpleNamespace(used=10, total=40)


def test_gpus_are_read_and_nvml_is_closed() -> None:
    nvml = FakeNvml()
    gpus, reason = read_gpus(nvml)
    assert [gpu.uuid for gpu in gpus] == ["GPU-0", "GPU-1"]
    assert [gpu.utilization_ratio for gpu in gpus] == [0.25, None]
    assert reason == ""
    assert nvml.open == 0


@pytest.mark.parametrize(
    ("nvml", "says"),
    [
        pytest.param(
            FakeNvml(init=pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)),
            "NVML library not found",
            id="no driver",
        ),
        pytest.param(
            FakeNvml(init=pynvml.NVMLError(pynvml.NVML_ERROR_NO_PERMISSION)),
            "NVML cannot be used: Insufficient Permissions",
            id="no permission",
        ),
        pytest.param(FakeNvml(count=-1), "NVML cannot be read: GPU is lost", id="a lost GPU"),
        pytest.param(FakeNvml(count=0), "NVML lists no GPU", id="no GPU"),
    ],
)
def test_no_gpu_has_a_plain_reason(nvml: FakeNvml, says: str) -> None:
    assert read_gpus(nvml) == ((), says)
    assert nvml.open == 0


def test_the_page_always_says_whether_there_are_gpu_metrics() -> None:
    registry = CollectorRegistry()
    registry.register(GpuMetrics())
    assert b'gpu_metrics_available{reason="not read yet"} 0.0' in generate_latest(registry)


def test_what_a_gpu_does_not_report_has_no_sample() -> None:
    metrics = GpuMetrics()
    metrics._gpus = (
        Gpu(
            index="0",
            uuid="GPU-0",
            utilization_ratio=None,
            memory_used_bytes=10.0,
            memory_total_bytes=40.0,
        ),
    )
    metrics._reason = ""
    families = {family.name: family for family in metrics.collect()}
    assert families["gpu_metrics_available"].samples[0].value == 1.0
    assert "gpu_utilization_ratio" not in families
    assert families["gpu_memory_used_bytes"].samples[0].labels == {"gpu": "0", "uuid": "GPU-0"}


def test_this_machine_is_read_without_a_crash() -> None:
    gpus, reason = read_gpus()
    assert bool(gpus) is not bool(reason)


@pytest.mark.gpu
def test_a_real_gpu_reports_its_memory() -> None:
    gpus, reason = read_gpus()
    if not gpus:
        pytest.skip(reason)
    assert all((gpu.memory_total_bytes or 0) >= (gpu.memory_used_bytes or 0) > 0 for gpu in gpus)
