"""From a fault to a page: services of the fleet fail one after another, and each subject is asked."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fleet_client import FleetControl
from prometheus_peer import OBJECTIVE, service_name
from subject import Subject

POLL_SECONDS = 0.1
APART_SECONDS = 1.37
"""Between two faults: no multiple of any interval, so that they fall anywhere in one."""

PATIENCE_SECONDS = 100.0
BURN = 14.4
"""Of the page rule over one hour and five minutes; 5 minutes and more cover the whole race."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Racer:
    """A subject, and how to ask it whose page fires."""

    subject: Subject
    paging: Callable[[Subject], set[str]]
    seen_at: dict[int, float] = field(default_factory=dict)


def race(
    fleet: FleetControl, racers: Sequence[Racer], services: Sequence[int]
) -> Mapping[str, list[float]]:
    """Let services fail in turn; return seconds from the crossing of the rule to firing, by subject.

    A page that never came counts as infinite.
    """
    begun = time.monotonic()
    faulted: dict[int, float] = {}
    deadline = begun + len(services) * APART_SECONDS + PATIENCE_SECONDS
    while time.monotonic() < deadline and not _over(racers, services):
        due = int((time.monotonic() - begun) / APART_SECONDS) + 1
        for service in services[len(faulted) : due]:
            faulted[service] = fleet.fault(service)
        for racer in racers:
            _look(racer, services)
        time.sleep(POLL_SECONDS)
    return {racer.subject.name: [_delay(fleet, racer, s) for s in services] for racer in racers}


def _over(racers: Sequence[Racer], services: Sequence[int]) -> bool:
    return all(len(racer.seen_at) == len(services) for racer in racers)


def _look(racer: Racer, services: Sequence[int]) -> None:
    names = racer.paging(racer.subject)
    now = time.monotonic()
    for service in services:
        if service_name(service) in names:
            racer.seen_at.setdefault(service, now)


def _delay(fleet: FleetControl, racer: Racer, service: int) -> float:
    if service not in racer.seen_at:
        return float("inf")
    limit = BURN * (1.0 - OBJECTIVE)
    return racer.seen_at[service] - fleet.crossing(racer.subject.name, service, limit)
