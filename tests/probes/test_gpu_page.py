from dataclasses import replace

import pytest

from probes.gpu import GpuDevice, GpuProcess, GpuReading, MigDevice
from probes.gpu_page import HELP, GpuPage
from probes.layout_cache import LayoutCache

GIB = 1 << 30
BARE = GpuDevice(
    index=0,
    uuid="GPU-1",
    name='H100 "80\\GB"\n',
    utilization_ratio=None,
    memory_used_bytes=None,
    memory_total_bytes=None,
    power_watts=None,
    temperature_celsius=None,
)
WHOLE = replace(
    BARE,
    utilization_ratio=0.75,
    memory_used_bytes=20 * GIB,
    memory_total_bytes=80 * GIB,
    power_watts=350.5,
    power_limit_watts=700.0,
    temperature_celsius=61.0,
    energy_joules=1000.0,
    clock_events=("sw_power_cap",),
    ecc_corrected=12,
    ecc_uncorrected=1,
    mig_devices=(
        MigDevice(
            uuid="MIG-1",
            profile="3g.40gb",
            gpu_instance=1,
            memory_used_bytes=GIB,
            memory_total_bytes=40 * GIB,
        ),
        MigDevice(
            uuid="MIG-2",
            profile=None,
            gpu_instance=None,
            memory_used_bytes=None,
            memory_total_bytes=None,
        ),
    ),
    processes=(
        GpuProcess(pid=7, memory_bytes=GIB, gpu_instance=1),
        GpuProcess(pid=8, memory_bytes=2 * GIB, gpu_instance=None),
        GpuProcess(pid=9, memory_bytes=None, gpu_instance=None),
    ),
)


def reading(*devices: GpuDevice) -> GpuReading:
    return GpuReading(source="nvml" if devices else "none", reason="test", devices=devices)


@pytest.fixture
def page() -> GpuPage:
    return GpuPage(started=1000.5)


def value(page: GpuPage, name: str, **labels: str) -> float:
    (found,) = [
        number
        for (series, has), number in zip(page.series, page.values.tolist(), strict=True)
        if series == name and labels.items() <= has.items()
    ]
    return found


def test_the_text_says_what_the_ledger_gets(page):
    page.add(reading(WHOLE, replace(BARE, index=1, uuid="GPU-2")))
    read = LayoutCache().read("gpu", page.text().encode())
    shown = dict(zip(map(str, read.layout.series), read.values.tolist(), strict=True))
    own = dict(zip(map(str, page.series), page.values.tolist(), strict=True))
    assert shown.pop(str(("process_start_time_seconds", {}))) == page.started
    assert shown == own
    assert set(read.layout.types) == {*HELP}
    assert read.started == page.started


def test_a_reading_is_shown(page):
    page.add(reading(WHOLE))
    assert value(page, "trimtab_gpu_utilization_ratio", uuid="GPU-1") == 0.75
    assert value(page, "trimtab_gpu_memory_bytes", gpu="0") == 80 * GIB
    assert value(page, "trimtab_gpu_clock_event", event="sw_power_cap") == 1.0
    assert value(page, "trimtab_gpu_clock_event", event="gpu_idle") == 0.0
    assert value(page, "trimtab_gpu_mig_memory_used_bytes", profile="3g.40gb") == GIB
    assert value(page, "trimtab_gpu_process_memory_bytes", pid="7", gpu_instance="1") == GIB


def test_readings_are_counted_and_those_that_were_slowed(page):
    for events in (("sw_power_cap",), ("gpu_idle",), (), ("hw_thermal_slowdown",)):
        page.add(reading(replace(WHOLE, clock_events=events)))
    assert value(page, "trimtab_gpu_readings_total") == 4.0
    assert value(page, "trimtab_gpu_slowed_readings_total") == 2.0


def test_what_the_card_counts_is_added_from_reading_to_reading(page):
    for errors in (12, 15, 15, 2):  # the driver was loaded anew before the last
        page.add(reading(replace(WHOLE, ecc_corrected=errors, energy_joules=float(errors))))
    assert value(page, "trimtab_gpu_ecc_errors_total", kind="corrected") == 3.0 + 2.0
    assert value(page, "trimtab_gpu_ecc_errors_total", kind="uncorrected") == 0.0
    assert value(page, "trimtab_gpu_energy_joules_total") == 5.0


def test_what_a_card_does_not_report_is_not_shown(page):
    page.add(reading(BARE))
    assert [name for name, _ in page.series] == ["trimtab_gpu_readings_total"]


def test_a_lost_card_keeps_its_counts_and_nothing_else(page):
    page.add(reading(WHOLE))
    page.add(reading())
    assert {name for name, _ in page.series} == {
        "trimtab_gpu_readings_total",
        "trimtab_gpu_slowed_readings_total",
        "trimtab_gpu_ecc_errors_total",
        "trimtab_gpu_energy_joules_total",
    }


def test_series_are_the_same_object_for_as_long_as_they_stay(page):
    page.add(reading(WHOLE))
    before = page.series
    page.add(reading(WHOLE))
    assert page.series is before
    page.add(reading(BARE))
    assert page.series is not before
    assert len(page.series) == len(page.values)
