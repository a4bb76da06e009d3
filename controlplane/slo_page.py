"""The plane's exact figures of SLOs, targets and alerts, as series for whoever scrapes the plane.

They are reckoned when the page is asked for, so they are never older than the answer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from itertools import islice

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from controlplane.adjustment_desk import adjustments_of
from controlplane.decide.alert_state import QUIET, AlertState
from controlplane.plane import Plane
from controlplane.promise import Promise
from controlplane.slo_evaluation import counts_of, counts_within, evaluate_promise
from slo import BurnRule, Counts, burn_rate
from slo.rules.promql_text import length_text

__all__ = ["MOST_SLOS", "SloPage"]

MOST_SLOS = 1_000
"""The page is made between two rounds of the loops, and holds them up: so many take a third of a second."""

NOT_ASKED = "not scraped yet"
STATES = ("up", "unknown", "down")
SLO = ("slo", "service")
RULE = (*SLO, "severity", "rule")


class SloPage(Collector):
    """Series of SLOs, targets and alerts; register it with the plane's telemetry.

    Args:
        plane: Whose figures they are.
        most: How many SLOs are shown; a gauge says how many were left out.
    """

    def __init__(self, plane: Plane, *, most: int = MOST_SLOS) -> None:
        self._plane = plane
        self._most = most
        self._told: dict[str, Counts] = {}

    def collect(self) -> Iterator[Metric]:
        """Return every family, reckoned now."""
        plane = self._plane
        promises = tuple(islice(plane.promises.values(), self._most))
        every = len(tuple(plane.promises.values()))
        yield _single("trimtab_slos", "SLOs that are watched.", every)
        yield _single(
            "trimtab_slos_left_out",
            "SLOs that this page does not show, for there are too many.",
            every - len(promises),
        )
        yield _targets(plane)
        families = _Families.empty()
        for promise in promises:
            _add(plane, promise, families)
            self._add_events(promise, families.events)
        self._forget({promise.slo.name for promise in promises})
        yield from families.all()

    def _add_events(self, promise: Promise, family: CounterMetricFamily) -> None:
        """Add what was counted since the beginning, once every target was asked.

        After a crash the counts stand as they were saved, and catch up with the first pages; to show
        them before would look like a counter that began anew.
        """
        plane = self._plane
        standings = (plane.live.targets.get(name) for name in plane.sources_for(promise))
        if any(found is not None and found.reason == NOT_ASKED for found in standings):
            return
        if not plane.counting.defines(promise.total_key):
            return
        part, total = (plane.counting.value(key) for key in promise.keys)
        found = self._never_less(promise.slo.name, counts_of(promise, part, total))
        unit, labels = promise.slo.budgeting.unit, _labels(promise)
        family.add_metric([*labels, "good"], found.good / unit)
        family.add_metric([*labels, "bad"], found.bad / unit)

    def _never_less(self, name: str, found: Counts) -> Counts:
        """Return counts of which neither fell: two counters of one page may be read a moment apart.

        A total that fell was begun anew, and then so is this.
        """
        before = self._told.get(name)
        if before is not None and found.total >= before.total:
            good, bad = max(found.good, before.good), max(found.bad, before.bad)
            found = Counts(good=good, total=good + bad)
        self._told[name] = found
        return found

    def _forget(self, shown: set[str]) -> None:
        for name in self._told.keys() - shown:
            del self._told[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Families:
    """The families that have series for each SLO."""

    objective: GaugeMetricFamily
    counted: GaugeMetricFamily
    budget: GaugeMetricFamily
    events: CounterMetricFamily
    burn: GaugeMetricFamily
    limit: GaugeMetricFamily
    firing: GaugeMetricFamily

    @classmethod
    def empty(cls) -> "_Families":
        """Return families without series."""
        return cls(
            objective=_gauge("trimtab_slo_objective_ratio", "Share of good events promised.", SLO),
            counted=_gauge("trimtab_slo_counted", "Whether the SLO is being counted.", SLO),
            budget=_gauge(
                "trimtab_slo_error_budget_remaining_ratio",
                "Share of the error budget that is left, below 0 when overspent; none if unknown.",
                SLO,
            ),
            events=CounterMetricFamily(
                "trimtab_slo_events",
                "Events (or slices of time, where the SLO counts those) since counting began.",
                labels=(*SLO, "outcome"),
            ),
            burn=_gauge(
                "trimtab_slo_burn_rate",
                "Speed of spending, 1 empties the budget in one window; none without traffic.",
                (*RULE, "window"),
            ),
            limit=_gauge(
                "trimtab_slo_burn_rate_threshold", "Burn rate at which a rule calls.", RULE
            ),
            firing=_gauge(
                "trimtab_alert_firing", "Whether an alert fires.", ("alertname", *SLO, "severity")
            ),
        )

    def all(self) -> tuple[Metric, ...]:
        """Return all of them."""
        return (
            self.objective,
            self.counted,
            self.budget,
            self.events,
            self.burn,
            self.limit,
            self.firing,
        )


def _add(plane: Plane, promise: Promise, families: _Families) -> None:
    """Add the gauges of one SLO."""
    now, labels = plane.now(), _labels(promise)
    adjustments = adjustments_of(plane, promise.slo.name)
    # Without its rules: their windows are reckoned below, each once.
    bare = replace(promise, rules=())
    found = evaluate_promise(bare, plane.counting, now=now, adjustments=adjustments)
    families.objective.add_metric(labels, promise.slo.objective.target)
    families.counted.add_metric(labels, float(_is_counted(plane, promise)))
    if found.budget.remaining_ratio is not None:
        families.budget.add_metric(labels, found.budget.remaining_ratio)

    @cache
    def burn(length: timedelta) -> float | None:
        seconds = length.total_seconds()
        happened = counts_within(
            promise, plane.counting, now=now, seconds=seconds, adjustments=adjustments
        )
        return burn_rate(happened, promise.slo.objective)

    for (severity, name), rule in _rules(promise).items():
        own = [*labels, severity, name]
        families.limit.add_metric(own, rule.threshold(promise.slo.objective.window))
        for window, length in (("long", rule.long), ("short", rule.short)):
            rate = burn(length)
            if rate is not None:
                families.burn.add_metric([*own, window], rate)
    for alert, severity, firing in _alerts(plane, promise):
        families.firing.add_metric([alert, *labels, severity], float(firing))


def _is_counted(plane: Plane, promise: Promise) -> bool:
    defined = plane.counting.defines(promise.total_key)
    return defined and not plane.live.uncounted.get(promise.slo.name)


def _alerts(plane: Plane, promise: Promise) -> Iterator[tuple[str, str, bool]]:
    """Return name and severity of each alert that an SLO can have, and whether it fires."""
    slo = promise.slo
    if promise.calls:
        for severity in dict.fromkeys(rule.severity.value for rule in promise.rules):
            yield "SLOBurn", severity, _fires(plane, f"{slo.name}/{severity}")
    if promise.calls and slo.silence is not None:
        yield "SLONoData", "page", _fires(plane, f"{slo.name}/no-data")
    if not slo.family:
        yield "SLOVanished", "page", _fires(plane, f"{slo.name}/vanished")


def _fires(plane: Plane, key: str) -> bool:
    return plane.live.alerts.get(key, QUIET).state is AlertState.FIRING


def _labels(promise: Promise) -> list[str]:
    return [promise.slo.name, promise.slo.service]


def _rules(promise: Promise) -> dict[tuple[str, str], BurnRule]:
    """Return rules by severity and windows; of two over the same windows the one that calls first."""
    found: dict[tuple[str, str], BurnRule] = {}
    for rule in sorted(promise.rules, key=lambda rule: rule.budget_share):
        name = f"{length_text(rule.long)}/{length_text(rule.short)}"
        found.setdefault((rule.severity.value, name), rule)
    return found


def _targets(plane: Plane) -> Metric:
    family = _gauge("trimtab_targets", "Targets by how their last scrape went.", ("state",))
    found = [standing.state for standing in plane.live.targets.values()]
    for state in STATES:
        family.add_metric([state], found.count(state))
    return family


def _gauge(name: str, text: str, labels: Iterable[str]) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=tuple(labels))


def _single(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
