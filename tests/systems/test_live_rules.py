"""Five incidents as they happen: Prometheus with our generated rules pages when the plane does."""

import shutil
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from controlplane.promise import rules_of
from controlplane.slo_files import read_slo_files
from slo import Severity, SloSpec
from tests.systems.incidents import CLOCK, Incident, IncidentPage, Shape, Span, expected, serve
from tests.systems.live_engines import INTERVAL, Engines, Key, running_engines

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="prometheus is not installed"
)
PAGES = {"total-outage": 1, "ten-percent": 1, "slow-burn": 0, "short-spike": 0, "twice": 2}
"""How often each shape wakes people."""

PAGE_FIRES = ("page", "fires")
POLL_SECONDS = 0.25
SLACK_SECONDS = 0.5
"""For a machine that is busy with other things."""
APART_SECONDS = 3 * INTERVAL
"""Between the two, were each as late or as early as it may be."""

Row = tuple[Key, str, float, float, float]
"""An alert, what it does, when that is due, and when either engine did."""


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
    seconds=66,
    rules="page 20% 2m/1m, ticket 20% 3m/1m",
    incidents={
        "total-outage": [(1, 5, 1.0)],
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


def table(rows: list[Row]) -> str:
    lines = ["shape         severity  what        due  prometheus  trimtab  apart"]
    lines += [
        f"{slo:<13} {severity:<9} {what:<8} {at:>6.2f} {there:>11.2f} {here:>8.2f} {there - here:>+6.2f}"
        for (slo, severity), what, at, there, here in rows
    ]
    return "\n".join(lines)


def side_by_side(key: Key, *spans: list[Span]) -> list[Row]:
    """Return when each episode of an alert was due, fired and resolved."""
    return [
        (key, what, *(span[at] for span in each))
        for each in zip(*spans, strict=True)
        for at, what in enumerate(("fires", "resolves"))
    ]


def episodes(found: dict[Key, list[Span]]) -> dict[Key, int]:
    return {key: len(spans) for key, spans in found.items() if spans}


def lateness(what: str, chain: int) -> tuple[Span, Span]:
    """Return how much later than due Prometheus may be, and how much the plane, at the least and most.

    Either sees an event with its next scrape. The plane judges at once; Prometheus with the next
    evaluation of each group in turn. A window that slides begins at a scrape: that of Prometheus at
    the first one within (it has up to one interval less), ours at the last one before (up to one more).
    Both of its increases extrapolate by one factor, as their samples have the same times; a share of
    them stays as it is.
    """
    window = INTERVAL if what == "resolves" else 0.0
    latest = (1 + chain) * INTERVAL + SLACK_SECONDS
    return (-window - SLACK_SECONDS, latest), (-SLACK_SECONDS, INTERVAL + window + SLACK_SECONDS)


@pytest.mark.parametrize(
    "plan", [pytest.param(BRIEF, id="brief"), pytest.param(LONG, id="long", marks=pytest.mark.slow)]
)
def test_prometheus_and_the_plane_page_and_clear_together(plan: Plan, tmp_path: Path) -> None:
    with (
        serve(IncidentPage(shapes=plan.shapes)) as page,
        running_engines(page, plan.slos(), tmp_path) as engines,
    ):
        ours = watch(engines, page, plan.seconds)
        theirs = {
            key: [(start - page.began, end - page.began) for start, end in spans]
            for key, spans in engines.fired_in_prometheus().items()
        }
        phases = engines.phases()
    slos = read_slo_files((str(tmp_path / "slos.yaml"),), beside=tmp_path)
    wanted = due(plan, slos)
    assert episodes(theirs) == episodes(ours) == episodes(wanted)
    rows = [row for key in ours for row in side_by_side(key, wanted[key], theirs[key], ours[key])]
    sys.stdout.write(f"\n{phases}\n{table(rows)}\n")
    pages = Counter(slo for (slo, severity), what, *_ in rows if (severity, what) == PAGE_FIRES)
    assert {shape: pages[shape] for shape in plan.incidents} == PAGES
    for key, what, at, there, here in rows:
        for found, (least, most) in zip((there, here), lateness(what, engines.chain), strict=True):
            assert least <= found - at <= most, (key, what)
        assert abs(there - here) <= APART_SECONDS, (key, what)
