"""Readings of GPUs as a page of metrics: for the ledger series and values, for a scraper text. Pure.

Counters begin with the page, so that a page that begins anew is a process that did: what the card
counts by itself, such as memory errors, is added up from reading to reading.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from probes.gpu import CLOCK_EVENTS, GpuDevice, GpuReading

__all__ = ["GPU", "GpuPage"]

GPU = "trimtab-gpu"
"""Name of this page among the sources of counts."""

SLOWING = frozenset(
    {
        "hw_slowdown",
        "hw_power_brake_slowdown",
        "hw_thermal_slowdown",
        "sw_power_cap",
        "sw_thermal_slowdown",
    }
)
"""Events that take speed from a GPU that has work; being idle does not."""
START = "process_start_time_seconds"
HELP = {
    START: ("gauge", "When this page began, Unix seconds."),
    "trimtab_gpu_readings_total": ("counter", "Times that a GPU was read."),
    "trimtab_gpu_slowed_readings_total": (
        "counter",
        "Of these, with clocks held down for heat or power.",
    ),
    "trimtab_gpu_ecc_errors_total": ("counter", "Memory errors since this page began."),
    "trimtab_gpu_energy_joules_total": ("counter", "Energy taken since this page began."),
    "trimtab_gpu_utilization_ratio": ("gauge", "Share of the last moment in which a kernel ran."),
    "trimtab_gpu_memory_used_bytes": ("gauge", "Memory that is taken."),
    "trimtab_gpu_memory_bytes": ("gauge", "Memory that there is."),
    "trimtab_gpu_power_watts": ("gauge", "Power drawn."),
    "trimtab_gpu_power_limit_watts": ("gauge", "Power allowed."),
    "trimtab_gpu_temperature_celsius": ("gauge", "Temperature of the chip."),
    "trimtab_gpu_clock_event": ("gauge", "Whether this holds the clocks below their highest."),
    "trimtab_gpu_mig_memory_used_bytes": ("gauge", "Memory of a slice that is taken."),
    "trimtab_gpu_mig_memory_bytes": ("gauge", "Memory of a slice."),
    "trimtab_gpu_process_memory_bytes": ("gauge", "Memory that a process has taken."),
}

Labels = tuple[tuple[str, str], ...]
Sample = tuple[str, Labels, float]
Key = tuple[str, Labels]


class GpuPage:
    """A page that is renewed by each reading.

    Args:
        started: When it began, Unix seconds.
    """

    def __init__(self, *, started: float) -> None:
        self._started = started
        self._counters: dict[Key, float] = {}
        self._raw: dict[Key, float] = {}
        self._gauges: dict[Key, float] = {}
        self._keys: tuple[Key, ...] = ()
        self._series: tuple[tuple[str, Mapping[str, str]], ...] = ()

    @property
    def started(self) -> float:
        """Return when the page began, Unix seconds."""
        return self._started

    @property
    def series(self) -> tuple[tuple[str, Mapping[str, str]], ...]:
        """Return names and labels; the same object for as long as they stay."""
        keys = (*self._counters, *self._gauges)
        if keys != self._keys:
            self._keys = keys
            self._series = tuple((name, dict(labels)) for name, labels in keys)
        return self._series

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """Return the values, in the order of the series."""
        return np.array([*self._counters.values(), *self._gauges.values()], dtype=np.float64)

    def add(self, reading: GpuReading) -> None:
        """Renew the page. A reading without GPUs leaves the counters and takes the gauges away."""
        self._gauges = {}
        for device in reading.devices:
            who = _who(device)
            self._count("trimtab_gpu_readings_total", who, 1.0)
            events = device.clock_events
            if events is not None:
                slowed = float(bool(SLOWING & set(events)))
                self._count("trimtab_gpu_slowed_readings_total", who, slowed)
            self._rise("trimtab_gpu_energy_joules_total", who, device.energy_joules)
            for kind, errors in (
                ("corrected", device.ecc_corrected),
                ("uncorrected", device.ecc_uncorrected),
            ):
                self._rise("trimtab_gpu_ecc_errors_total", (*who, ("kind", kind)), errors)
            self._gauges.update({(name, labels): value for name, labels, value in _gauges(device)})

    def text(self) -> str:
        """Return the page in Prometheus's text format 0.0.4."""
        shown: dict[str, list[str]] = {START: [f"{START} {self._started!r}"]}
        for (name, labels), value in (self._counters | self._gauges).items():
            inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
            shown.setdefault(name, []).append(f"{name}{{{inside}}} {value!r}")
        lines = []
        for name, samples in shown.items():
            kind, words = HELP[name]
            lines += [f"# HELP {name} {words}", f"# TYPE {name} {kind}", *samples]
        return "\n".join(lines) + "\n"

    def _count(self, name: str, labels: Labels, more: float) -> None:
        self._counters[name, labels] = self._counters.get((name, labels), 0.0) + more

    def _rise(self, name: str, labels: Labels, raw: float | None) -> None:
        """Add what a counter of the card gained; one that fell began anew with its driver."""
        if raw is None:
            return
        before = self._raw.get((name, labels), raw)
        self._raw[name, labels] = raw
        self._count(name, labels, raw - before if raw >= before else raw)


def _who(device: GpuDevice) -> Labels:
    return ("gpu", str(device.index)), ("uuid", device.uuid), ("name", device.name)


def _gauges(device: GpuDevice) -> Iterator[Sample]:
    who = _who(device)
    for name, value in (
        ("utilization_ratio", device.utilization_ratio),
        ("memory_used_bytes", device.memory_used_bytes),
        ("memory_bytes", device.memory_total_bytes),
        ("power_watts", device.power_watts),
        ("power_limit_watts", device.power_limit_watts),
        ("temperature_celsius", device.temperature_celsius),
    ):
        if value is not None:
            yield f"trimtab_gpu_{name}", who, float(value)
    if device.clock_events is not None:
        for event in CLOCK_EVENTS.values():
            held = float(event in device.clock_events)
            yield "trimtab_gpu_clock_event", (*who, ("event", event)), held
    yield from _parts(device)


def _parts(device: GpuDevice) -> Iterator[Sample]:
    """Yield what slices and processes take."""
    for mig in device.mig_devices or ():
        slice_labels = (
            ("uuid", device.uuid),
            ("mig_uuid", mig.uuid),
            ("profile", mig.profile or ""),
        )
        if mig.memory_used_bytes is not None:
            yield "trimtab_gpu_mig_memory_used_bytes", slice_labels, float(mig.memory_used_bytes)
        if mig.memory_total_bytes is not None:
            yield "trimtab_gpu_mig_memory_bytes", slice_labels, float(mig.memory_total_bytes)
    for process in device.processes or ():
        if process.memory_bytes is not None:
            place = "" if process.gpu_instance is None else str(process.gpu_instance)
            whose = ("uuid", device.uuid), ("pid", str(process.pid)), ("gpu_instance", place)
            yield "trimtab_gpu_process_memory_bytes", whose, float(process.memory_bytes)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
