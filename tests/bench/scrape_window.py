"""What subjects cost over one window of time, and how evenly they came, as the fleet saw it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from fleet_client import FleetControl
from subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one subject cost over a window.

    Attributes:
        subject: Its name.
        scrapes: GETs that the fleet answered to it.
        cpu_seconds: Of all its processes.
        wall_seconds: The window.
        resident_mib: At the end of the window.
        growth_mib: What was added to that within the window.
        deviations: By target, its worst gap between two scrapes against the interval, as a share.
    """

    subject: str
    scrapes: int
    cpu_seconds: float
    wall_seconds: float
    resident_mib: float
    growth_mib: float
    deviations: tuple[float, ...]

    @property
    def microseconds(self) -> float:
        """CPU of one scrape, with all that hangs on it."""
        return self.cpu_seconds / max(self.scrapes, 1) * 1e6

    @property
    def cores(self) -> float:
        """CPU seconds a second."""
        return self.cpu_seconds / self.wall_seconds

    def deviation(self, percent: float) -> float:
        """Return the worst deviation of so many percent of the targets, as a share."""
        return float(np.percentile(self.deviations, percent)) if self.deviations else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One window: what each subject cost, and what the fleet itself spent on an answer."""

    costs: dict[str, Cost]
    fleet_microseconds: float


def measure(
    fleet: FleetControl, subjects: Sequence[Subject], *, seconds: float, interval: float
) -> Window:
    """Watch the subjects side by side for so long."""
    simulator = Subject(name="fleet", pid=fleet.pid, url="", log=subjects[0].log)
    everyone = [*subjects, simulator]
    fleet.forget()
    begun = time.monotonic()
    resident = {subject.name: subject.resident_mib() for subject in subjects}
    before = [subject.cpu_seconds() for subject in everyone]
    time.sleep(seconds)
    spent = [s.cpu_seconds() - b for s, b in zip(everyone, before, strict=True)]
    wall = time.monotonic() - begun
    costs = {}
    for subject, cpu in zip(subjects, spent, strict=False):
        arrivals = fleet.arrivals(subject.name)
        costs[subject.name] = Cost(
            subject=subject.name,
            scrapes=sum(map(len, arrivals.values())),
            cpu_seconds=cpu,
            wall_seconds=wall,
            resident_mib=(now := subject.resident_mib()),
            growth_mib=now - resident[subject.name],
            deviations=tuple(_worst(times, interval) for times in arrivals.values()),
        )
    answered = sum(cost.scrapes for cost in costs.values())
    return Window(costs=costs, fleet_microseconds=spent[-1] / max(answered, 1) * 1e6)


def _worst(times: list[float], interval: float) -> float:
    gaps = np.diff(times)
    return float(np.abs(gaps - interval).max() / interval) if len(gaps) else 0.0
