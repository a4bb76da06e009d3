from pathlib import Path

import pytest

from probes.exposition import Page
from probes.gpu_join import Server, join_gpus, read_dcgm
from probes.layout_cache import LayoutCache

PAGES = Path(__file__).parent / "gpu_pages"
UUID = "GPU-604ac76c-d9cf-fef3-62e9-d92044ab6e52"
GIB = 1 << 30


def page(text: str) -> Page:
    return LayoutCache().read("test", text.encode())


def dcgm(**replaced: str) -> str:
    text = (PAGES / "dcgm.prom").read_text()
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.fixture
def triton() -> Page:
    return page((PAGES / "triton.prom").read_text())


def test_a_gpu_is_read_in_plain_units() -> None:
    (gpu,) = read_dcgm(page(dcgm()))
    assert (gpu.uuid, gpu.host) == (UUID, "node-a")
    assert (gpu.namespace, gpu.pod, gpu.container) == ("models", "llm-0", "vllm")
    assert gpu.utilization_ratio == 0.73
    assert gpu.memory_used_bytes == 39 * GIB
    assert gpu.memory_total_bytes == (39936 + 41000 + 623) * (1 << 20)
    assert (gpu.power_watts, gpu.temperature_celsius) == (287.402, 47.0)


def test_the_older_name_of_the_host_is_read_too() -> None:
    (gpu,) = read_dcgm(page(dcgm(**{"hostname=": "Hostname="})))
    assert gpu.host == "node-a"


@pytest.mark.parametrize("blank", [2**31 - 16, 2**47, 2**63 - 16, 2**63 - 14, 2**63 - 13, -1])
def test_what_is_not_there_is_none_and_no_number(blank: int) -> None:
    labels = f'gpu="0",UUID="{UUID}"'
    text = f"DCGM_FI_DEV_GPU_UTIL{{{labels}}} {blank}\nDCGM_FI_DEV_GPU_TEMP{{{labels}}} 40\n"
    (gpu,) = read_dcgm(page(text))
    assert (gpu.utilization_ratio, gpu.temperature_celsius) == (None, 40.0)


def test_a_slice_is_as_busy_as_its_engines() -> None:
    text = "".join(
        f'DCGM_FI_PROF_GR_ENGINE_ACTIVE{{UUID="{UUID}",GPU_I_PROFILE="3g.40gb",GPU_I_ID="{n}",'
        f'namespace="models",pod="llm-{n}"}} 0.{n}\n'
        for n in (1, 2)
    )
    slices = read_dcgm(page(text))
    assert [(s.mig_profile, s.mig_instance, s.utilization_ratio) for s in slices] == [
        ("3g.40gb", "1", 0.1),
        ("3g.40gb", "2", 0.2),
    ]
    found = join_gpus(slices, [Server(name="a", namespace="models", pod="llm-2")])
    assert found["a"].utilization_ratio == 0.2


def test_a_pod_is_matched_by_namespace_and_name(triton: Page) -> None:
    gpus = read_dcgm(page(dcgm()))
    found = join_gpus(
        gpus,
        [
            Server(name="same", namespace="models", pod="llm-0"),
            Server(name="elsewhere", namespace="other", pod="llm-0"),
            Server(name="nameless"),
            Server(name="both", namespace="models", pod="llm-0", page=triton),
        ],
    )
    assert found["same"].gpus == gpus
    assert found["same"].utilization_ratio == 0.73
    assert "models/llm-0" in found["same"].reason
    assert found["both"].gpus == gpus
    assert [found[name].gpus for name in ("elsewhere", "nameless")] == [(), ()]
    assert "nobody says" in found["nameless"].reason


def test_a_server_that_names_its_gpu_is_matched_by_uuid(triton: Page) -> None:
    gpus = read_dcgm(page(dcgm()))
    found = join_gpus((*gpus, *gpus), [Server(name="triton", page=triton)])["triton"]
    assert (found.gpus, found.utilization_ratio) == (gpus, 0.73)
    assert "by UUID" in found.reason


def test_without_dcgm_the_server_is_believed(triton: Page) -> None:
    found = join_gpus([], [Server(name="triton", page=triton)])["triton"]
    assert [gpu.uuid for gpu in found.gpus] == [UUID]
    assert found.utilization_ratio == 0.73


def test_a_gpu_that_pods_share_is_not_guessed_at() -> None:
    both = dcgm() + dcgm(**{'pod="llm-0"': 'pod="llm-1"'})
    lines = [line for line in both.splitlines() if not line.startswith("#")]
    gpus = read_dcgm(page("\n".join(lines) + "\n"))
    assert len(gpus) == 2
    named = page(f'nv_gpu_memory_used_bytes{{gpu_uuid="{UUID}"}} 1\n')
    found = join_gpus(gpus, [Server(name="triton", page=named)])["triton"]
    assert (len(found.gpus), found.utilization_ratio) == (1, None)
    assert "only the server" in found.reason


def test_another_page_holds_no_gpu(triton: Page) -> None:
    assert read_dcgm(triton) == ()
