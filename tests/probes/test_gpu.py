"""What NVML says, asked through the real binding: of a simulated library, and of a real card."""

import shutil
import subprocess
import sys
from ctypes import CDLL
from dataclasses import asdict
from pathlib import Path

import pytest

from probes.gpu import CLOCK_EVENTS, pynvml, read_gpus

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
COMPILER = shutil.which("cc") or shutil.which("gcc")
LIBRARY = "libnvidia-ml.so.1"
ASK = "from probes.gpu import read_gpus; print(read_gpus().reason)"
GIB = 1 << 30


@pytest.fixture(scope="session")
def library(tmp_path_factory) -> Path:
    if COMPILER is None:
        pytest.skip("no C compiler to build the simulated NVML with")
    folder = tmp_path_factory.mktemp("nvml")
    source, built = HERE / "simulated_nvml.c", folder / LIBRARY
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", built, source], check=True)
    return folder


@pytest.fixture
def ask(library, monkeypatch):
    """Read the GPUs twice through the simulated library: it must be left as it was found."""
    monkeypatch.setattr(pynvml, "nvmlLib", CDLL(str(library / LIBRARY)))
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})

    def twice(**environment: str) -> dict:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        read_gpus()
        return asdict(read_gpus())

    return twice


def test_the_library_is_found_where_the_system_looks_for_it(library):
    answer = subprocess.run(
        [sys.executable, "-c", ASK],
        check=True,
        capture_output=True,
        cwd=ROOT,
        env={"LD_LIBRARY_PATH": str(library), "SIM_GPUS": "2"},
    )
    assert answer.stdout.decode().strip() == "NVML reads 2 of 2 GPUs"


def test_a_gpu_is_read_in_plain_units(ask):
    assert ask() == {
        "source": "nvml",
        "reason": "NVML reads 1 of 1 GPUs",
        "devices": (
            {
                "index": 0,
                "uuid": "GPU-1",
                "name": "Simulated GPU",
                "utilization_ratio": 0.75,
                "memory_used_bytes": 20 * GIB,
                "memory_total_bytes": 80 * GIB,
                "power_watts": 350.5,
                "temperature_celsius": 61.0,
                "power_limit_watts": 700.0,
                "energy_joules": 123456.789,
                "clock_events": ("hw_thermal_slowdown", "sw_power_cap"),
                "ecc_corrected": 12,
                "ecc_uncorrected": 1,
                "mig_devices": (),
                "processes": (
                    {"pid": 4321, "memory_bytes": 3 * GIB, "gpu_instance": None},
                    {"pid": 4322, "memory_bytes": GIB, "gpu_instance": None},
                ),
            },
        ),
    }


def test_a_sensor_that_is_not_there_is_none_and_not_zero(ask):
    (device,) = ask(SIM_FAULT="bare")["devices"]
    assert [key for key, value in device.items() if value is None] == [
        "utilization_ratio",
        "memory_used_bytes",
        "memory_total_bytes",
        "power_watts",
        "temperature_celsius",
        "power_limit_watts",
        "energy_joules",
        "clock_events",
        "ecc_corrected",
        "ecc_uncorrected",
        "mig_devices",
        "processes",
    ]


def test_a_gpu_in_slices_says_what_each_of_them_is(ask):
    (device,) = ask(SIM_MIG="2")["devices"]
    assert device["utilization_ratio"] is None
    first, second = device["mig_devices"]
    assert first == {
        "uuid": "MIG-101",
        "profile": "3g.40gb",
        "gpu_instance": 7,
        "memory_used_bytes": GIB,
        "memory_total_bytes": 10 * GIB,
    }
    assert (second["profile"], second["gpu_instance"]) == ("1c.3g.40gb", 8)
    assert [process["gpu_instance"] for process in device["processes"]] == [7, 8]


def test_an_older_driver_is_asked_by_the_older_name(ask):
    (device,) = ask(SIM_FAULT="old")["devices"]
    assert device["clock_events"] == ("hw_thermal_slowdown", "sw_power_cap")
    assert device["processes"] is None


def test_memory_that_a_process_does_not_tell_is_none(ask):
    (device,) = ask(SIM_FAULT="shy")["devices"]
    assert [process["memory_bytes"] for process in device["processes"]] == [3 * GIB, None]


def test_a_lost_gpu_does_not_hide_the_others(ask):
    found = ask(SIM_GPUS="3", SIM_FAULT="lost")
    assert [device["index"] for device in found["devices"]] == [0, 2]
    assert found["reason"] == "NVML reads 2 of 3 GPUs"


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        pytest.param({"SIM_GPUS": "0"}, "none of 0 GPUs can be read by NVML", id="no GPU"),
        pytest.param(
            {"SIM_FAULT": "init"}, "NVML cannot be used: Driver Not Loaded", id="no driver"
        ),
        pytest.param({"SIM_GPUS": "-1"}, "NVML lists no GPU: GPU is lost", id="no list"),
    ],
)
def test_no_gpu_is_an_outcome_with_a_reason(ask, environment, reason):
    assert ask(**environment) == {"source": "none", "reason": reason, "devices": ()}


def test_this_machine_is_read_without_an_exception():
    found = asdict(read_gpus())
    assert found["source"] in ("nvml", "none")
    assert bool(found["devices"]) is (found["source"] == "nvml")
    assert found["reason"]


def has_gpu() -> bool:
    return read_gpus().source == "nvml"


@pytest.mark.gpu
@pytest.mark.skipif(not has_gpu(), reason="NVML finds no GPU on this machine")
def test_a_real_card_is_read():
    for device in read_gpus().devices:
        assert device.uuid.startswith("GPU-")
        assert device.name
        assert device.utilization_ratio is None or 0.0 <= device.utilization_ratio <= 1.0
        assert 0 <= device.memory_used_bytes <= device.memory_total_bytes
        assert device.power_watts is None or device.power_watts > 0.0
        assert device.power_limit_watts is None or device.power_limit_watts > 0.0
        assert device.energy_joules is None or device.energy_joules > 0.0
        assert device.temperature_celsius is None or 0.0 < device.temperature_celsius < 120.0
        assert device.clock_events is None or set(device.clock_events) <= {*CLOCK_EVENTS.values()}
        assert device.ecc_corrected is None or device.ecc_corrected >= 0
        assert device.ecc_uncorrected is None or device.ecc_uncorrected >= 0
        for mig in device.mig_devices or ():
            assert mig.uuid.startswith("MIG-")
        for process in device.processes or ():
            assert process.pid > 0
    with pytest.raises(pynvml.NVMLError):
        pynvml.nvmlDeviceGetCount()  # nothing is left open
