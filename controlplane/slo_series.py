"""Which series the page shows of SLOs: labels, limits, and where each number is found; made once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from controlplane.burn_table import Look, look_of_budget
from controlplane.promise import Promise
from controlplane.written_metric import Family
from slo import BurnRule
from slo.rules.promql_text import length_text

__all__ = ["ShownSlo", "SloSeries", "SourcesKey"]

SLO = ("slo", "service")
RULE = (*SLO, "severity", "rule")
SourcesKey = tuple[str, tuple[str, ...], str]
"""What decides on which pages an SLO is counted: its service, its own pages, its engine's SLO."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSlo:
    """An SLO and what is asked for it again and again."""

    promise: Promise
    name: str
    part_key: str
    total_key: str
    unit: int
    sources: SourcesKey


class SloSeries:
    """The families that have series for each SLO.

    Args:
        promises: The SLOs that are shown.

    Attributes:
        shown: The same SLOs, in order.
        objectives: What each promises.
        budgets: How far each budget looks back.
        windows: Whose burn rates are shown, and how far each looks back.
        limits: Burn rates at which rules call.
        alerts: Keys of the alerts that there can be.
    """

    def __init__(self, promises: Sequence[Promise]) -> None:
        self.shown = tuple(map(_shown, promises))
        self.objectives = [each.slo.objective.target for each in promises]
        self.budgets = [(each, look_of_budget(each)) for each in promises]
        self.windows: list[tuple[Promise, Look]] = []
        self.limits: list[float] = []
        self.alerts: list[str] = []
        self._make_families()
        for promise in promises:
            labels = promise.slo.name, promise.slo.service
            for family in (self.objective, self.counted, self.budget):
                family.add(labels)
            for outcome in ("good", "bad"):
                self.events.add((*labels, outcome))
            self._add_rules(promise, labels)
            self._add_alerts(promise, labels)

    def _make_families(self) -> None:
        self.objective = Family(
            name="trimtab_slo_objective_ratio", text="Share of good events promised.", labels=SLO
        )
        self.counted = Family(
            name="trimtab_slo_counted", text="Whether the SLO is being counted.", labels=SLO
        )
        self.budget = Family(
            name="trimtab_slo_error_budget_remaining_ratio",
            text="Share of the error budget that is left, below 0 when overspent; none if unknown.",
            labels=SLO,
        )
        self.events = Family(
            name="trimtab_slo_events",
            text="Events (or slices of time, where the SLO counts those) since counting began.",
            labels=(*SLO, "outcome"),
            kind="counter",
        )
        self.burn = Family(
            name="trimtab_slo_burn_rate",
            text="Speed of spending, 1 empties the budget in one window; none without traffic.",
            labels=(*RULE, "window"),
        )
        self.limit = Family(
            name="trimtab_slo_burn_rate_threshold",
            text="Burn rate at which a rule calls.",
            labels=RULE,
        )
        self.firing = Family(
            name="trimtab_alert_firing",
            text="Whether an alert fires.",
            labels=("alertname", *SLO, "severity"),
        )

    def _add_rules(self, promise: Promise, labels: tuple[str, ...]) -> None:
        for (severity, name), rule in _rules(promise.rules).items():
            self.limit.add((*labels, severity, name))
            self.limits.append(rule.threshold(promise.slo.objective.window))
            for window, length in (("long", rule.long), ("short", rule.short)):
                self.burn.add((*labels, severity, name, window))
                self.windows.append((promise, length.total_seconds()))

    def _add_alerts(self, promise: Promise, labels: tuple[str, ...]) -> None:
        for alert, severity, key in _alerts(promise):
            self.firing.add((alert, *labels, severity))
            self.alerts.append(f"{promise.slo.name}/{key}")


def _shown(promise: Promise) -> ShownSlo:
    slo = promise.slo
    return ShownSlo(
        promise=promise,
        name=slo.name,
        part_key=promise.part_key,
        total_key=promise.total_key,
        unit=slo.budgeting.unit,
        sources=(slo.service, promise.sources, slo.name if promise.engine else ""),
    )


def _rules(rules: Iterable[BurnRule]) -> dict[tuple[str, str], BurnRule]:
    """Return rules by severity and windows; of two over the same windows the one that calls first."""
    found: dict[tuple[str, str], BurnRule] = {}
    for rule in sorted(rules, key=lambda rule: rule.budget_share):
        name = f"{length_text(rule.long)}/{length_text(rule.short)}"
        found.setdefault((rule.severity.value, name), rule)
    return found


def _alerts(promise: Promise) -> Iterator[tuple[str, str, str]]:
    """Return name, severity and key of each alert that an SLO can have."""
    slo = promise.slo
    if promise.calls:
        for severity in dict.fromkeys(rule.severity.value for rule in promise.rules):
            yield "SLOBurn", severity, severity
    if promise.calls and slo.silence is not None:
        yield "SLONoData", "page", "no-data"
    if not slo.family:
        yield "SLOVanished", "page", "vanished"
