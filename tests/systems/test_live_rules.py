"""Five incidents as they happen: Prometheus with our generated rules pages when the plane does."""

import shutil
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from controlplane.promise import rules_of
from controlplane.slo_files import read_slo_files
from slo import Severity, SloSpec
from tests.systems.incidents import CLOCK, Incident, IncidentPage, Shape, Span, expected, serve
from tests.systems.live_engines import (
    INTERVAL,
    PLANE_PATH,
    PROMETHEUS_PATH,
    Engines,
    Key,
    running_engines,
)

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="prometheus is not installed"
)
PAGES = {"total-outage": 1, "ten-percent": 1, "slow-burn": 0, "short-spike": 0, "twice": 2}
"""How often each shape wakes people."""

POLL_SECONDS = 0.25
MILLISECOND = 0.001
SLACK_SECONDS = 0.25
"""For a machine that is busy with other things."""

APART_SECONDS = {"fires": 2 * INTERVAL, "resolves": 3 * INTERVAL}
"""Between the two: a scrape, and the wait for an evaluation; where an alert resolves, also the scrape at
which a window begins, which lies within it there and before it here."""


class Row(NamedTuple):
    """What an alert does, when that is due, and when either engine did it: seconds of the run."""

    key: Key
    what: str
    due: float
    prometheus: float
    trimtab: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run: how long, burn rules over 1 h at 99 %, and incidents as (begin, end, share)."""

    seconds: float
    rules: str
    incidents: dict[str, list[tuple[float, float, float]]]

    @property
    def shapes(self) -> dict[str, Shape]:
        """Return the incidents of each shape."""
        return {
            name: tuple(Incident(begin=a, end=b, share=share) for a, b, share in spans)
            for name, spans in self.incidents.items()
        }

    def slos(self) -> str:
        """Return one SLO for each shape."""
        return yaml.safe_dump_all(_slo(shape, self.rules) for shape in self.incidents)


BRIEF = Plan(
    seconds=64.5,
    rules="page 20% 2m/1m, ticket 20% 3m/1m",
    incidents={
        "total-outage": [(0.2, 3.9, 1.0)],
        "ten-percent": [(5, 17, 0.1)],
        "slow-burn": [(5, 30, 0.055)],
        "short-spike": [(15, 16.4, 0.55)],
        "twice": [(2, 5, 0.2), (30, 32.7, 0.6)],
    },
)
LONG = Plan(
    seconds=163,
    rules="page 20% 2m/1m, page 26% 4m/1m, ticket 15% 3m/1m, ticket 25% 10m/2m",
    incidents={
        "total-outage": [(20, 30, 1.0)],
        "ten-percent": [(20, 45, 0.1)],
        "slow-burn": [(20, 75, 0.03)],
        "short-spike": [(40, 42, 0.5)],
        "twice": [(20, 40, 0.1), (80, 85.5, 0.3)],
    },
)


def _slo(shape: str, rules: str) -> dict[str, object]:
    def source(more: str) -> dict[str, object]:
        query = f'requests_total{{shape="{shape}"{more}}}'
        return {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}

    ratio = {"counter": True, "bad": source(',code="500"'), "total": source("")}
    return {
        "apiVersion": "openslo/v1",
        "kind": "SLO",
        "metadata": {"name": shape, "annotations": {"trimtab.dev/burn-rules": rules}},
        "spec": {
            "service": "chat",
            "indicator": {"metadata": {"name": shape}, "spec": {"ratioMetric": ratio}},
            "timeWindow": [{"duration": "1h", "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "objectives": [{"target": 0.99}],
        },
    }


def due(plan: Plan, slos: tuple[SloSpec, ...]) -> dict[Key, list[Span]]:
    return {
        (slo.name, severity.value): expected(
            plan.shapes[slo.name],
            rules_of(slo, interval_seconds=INTERVAL),
            slo.objective,
            severity,
            length=plan.seconds,
        )
        for slo in slos
        for severity in Severity
    }


def watch(engines: Engines, page: IncidentPage, seconds: float) -> dict[Key, list[Span]]:
    """Let the traffic begin, and return every episode of ours, in seconds since then."""
    seen: dict[tuple[str, str, int], Span] = {}
    page.began = CLOCK.now().timestamp()
    while CLOCK.now().timestamp() < page.began + seconds:
        seen |= engines.fired_here()
        time.sleep(POLL_SECONDS)
    found: dict[Key, list[Span]] = {}
    for (slo, severity, _), (start, end) in sorted(seen.items()):
        found.setdefault((slo, severity), []).append((start - page.began, end - page.began))
    return found


def earliest(engines: Engines, page: IncidentPage, row: Row) -> tuple[float, float]:
    """Return the first evaluation of Prometheus and of ours that can know what was due.

    Either sees it with its next scrape, and ours judges at once. Prometheus records and judges with the
    next evaluation of the SLO's group.
    """
    due = page.began + row.due
    scraped = next(at for at in page.reads[PROMETHEUS_PATH] if at >= due)
    judged = next(at for at in engines.recorded(row.key[0]) if at >= scraped - MILLISECOND)
    read = next(at for at in page.reads[PLANE_PATH] if at >= due)
    return judged - page.began, read - page.began


def rows_of(key: Key, *spans: list[Span]) -> list[Row]:
    """Return when each episode of an alert was due, fired and resolved."""
    return [
        Row(key, what, *(span[at] for span in each))
        for each in zip(*spans, strict=True)
        for at, what in enumerate(("fires", "resolves"))
    ]


def episodes(found: dict[Key, list[Span]]) -> dict[Key, int]:
    return {key: len(spans) for key, spans in found.items() if spans}


def table(rows: list[Row], could: list[tuple[float, float]]) -> str:
    lines = ["shape         severity  what        due  prometheus (could)  trimtab (could)  apart"]
    lines += [
        f"{row.key[0]:<13} {row.key[1]:<9} {row.what:<8} {row.due:>6.2f} {row.prometheus:>11.2f} "
        f"({there:>5.2f}) {row.trimtab:>8.2f} ({here:>5.2f}) {row.prometheus - row.trimtab:>+6.2f}"
        for row, (there, here) in zip(rows, could, strict=True)
    ]
    return "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize("plan", [pytest.param(BRIEF, id="brief"), pytest.param(LONG, id="long")])
def test_prometheus_and_the_plane_page_and_clear_together(plan: Plan, tmp_path: Path) -> None:
    """Each within one evaluation of the first that could know.

    They do better where an alert fires. Where a window slides out of an incident, that of Prometheus
    begins at the first scrape within it, up to one interval late, and ours at the last one before it,
    up to one early. That increases extrapolate makes no difference: both of a share do by one factor,
    for their samples have the same times.
    """
    with (
        serve(IncidentPage(shapes=plan.shapes)) as page,
        running_engines(page, plan.slos(), tmp_path) as engines,
    ):
        ours = watch(engines, page, plan.seconds)
        theirs = {
            key: [(start - page.began, end - page.began) for start, end in spans]
            for key, spans in engines.fired_in_prometheus().items()
        }
        wanted = due(plan, read_slo_files((str(tmp_path / "slos.yaml"),), beside=tmp_path))
        assert episodes(theirs) == episodes(ours) == episodes(wanted)
        rows = [row for key in ours for row in rows_of(key, wanted[key], theirs[key], ours[key])]
        could = [earliest(engines, page, row) for row in rows]
    sys.stdout.write(f"\n{table(rows, could)}\n")
    pages = Counter(row.key[0] for row in rows if (row.key[1], row.what) == ("page", "fires"))
    assert {shape: pages[shape] for shape in plan.incidents} == PAGES
    for row, (there, here) in zip(rows, could, strict=True):
        assert abs(row.prometheus - there) <= INTERVAL + SLACK_SECONDS, row
        assert abs(row.trimtab - here) <= INTERVAL + SLACK_SECONDS, row
        apart = abs(row.prometheus - row.trimtab)
        assert apart <= APART_SECONDS[row.what] + SLACK_SECONDS, row
