"""Where a dashboard's figures come from: the recordings of our exact rules, or Trimtab's own page."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from slo.alert_windows import BurnRule
from slo.rules.exact import exact_groups
from slo.rules.promql_text import duration_text, length_text, number_text
from slo.spec import SloSpec

__all__ = ["Figures", "PlaneFigures", "RuleFigures", "Watched"]

CHOSEN = 'slo=~"$slo",service=~"$service"'
"""What the person before the dashboard has chosen."""

_SIGNS = re.compile(r"[\\.+*?()|\[\]{}^$]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An SLO with the rules that watch it."""

    spec: SloSpec
    rules: tuple[BurnRule, ...]

    @property
    def allowed(self) -> str:
        """Return the share of bad events that it allows, as PromQL."""
        return number_text(round(self.spec.objective.allowed_error_ratio, 12))

    @property
    def own(self) -> str:
        """Return the matcher of its series."""
        return f'slo="{_quoted(self.spec.name)}"'


class Figures(Protocol):
    """Queries of one source. ``chosen`` is what stands between the braces of a selector."""

    known: str
    """A metric that every SLO has, with its labels."""

    def objective(self, slo: Watched) -> str:
        """Return the share of good events that is promised."""

    def budget(self, chosen: str) -> str:
        """Return the share of the budget that is left, by SLO."""

    def burn(self, slo: Watched, rule: BurnRule, *, short: bool) -> str:
        """Return the burn rate over one window of a rule."""

    def fastest_burns(self, slos: Iterable[Watched]) -> tuple[str, ...]:
        """Return the burn rates of all chosen SLOs over the window of their most urgent rule."""

    def events(self, slos: Iterable[Watched], chosen: str, *, bad: bool) -> tuple[str, ...]:
        """Return bad events, or all, a second, by SLO."""

    def firing(self, chosen: str) -> str:
        """Return a series for each alert that fires."""


class RuleFigures:
    """The recordings that ``exact_groups`` writes.

    Args:
        slos: What the dashboard is about.

    Raises:
        UnsupportedSpec: No rules can be written for one of them, so it has no recordings.
    """

    known = "slo:error_budget_remaining:ratio"

    def __init__(self, slos: Iterable[Watched]) -> None:
        for slo in slos:
            exact_groups(slo.spec, slo.rules)  # refuses what it cannot write

    def objective(self, slo: Watched) -> str:
        """Return the number itself: no recording holds it."""
        return f"vector({number_text(slo.spec.objective.target)})"

    def budget(self, chosen: str) -> str:
        """Return the recording."""
        return f"slo:error_budget_remaining:ratio{{{chosen}}}"

    def burn(self, slo: Watched, rule: BurnRule, *, short: bool) -> str:
        """Return bad events by all events by the share that is allowed."""
        return _burn(rule.short if short else rule.long, slo.own, slo.allowed)

    def fastest_burns(self, slos: Iterable[Watched]) -> tuple[str, ...]:
        """Return one query for all SLOs that promise the same over the same window."""
        alike: dict[tuple[timedelta, str], list[Watched]] = {}
        for slo in slos:
            if slo.rules:
                alike.setdefault((slo.rules[0].long, slo.allowed), []).append(slo)
        return tuple(
            _burn(length, f"{_any_of(each)},{CHOSEN}", allowed)
            for (length, allowed), each in alike.items()
        )

    def events(self, slos: Iterable[Watched], chosen: str, *, bad: bool) -> tuple[str, ...]:
        """Return what is recorded over the shortest window, by its seconds."""
        alike: dict[timedelta, list[Watched]] = {}
        for slo in slos:
            lengths = [rule.short for rule in slo.rules] or [slo.spec.objective.window]
            alike.setdefault(min(lengths), []).append(slo)
        what = "bad" if bad else "total"
        return tuple(
            f"slo:{what}:increase{duration_text(length)}{{{_any_of(each)},{chosen}}}"
            f" / {number_text(round(length.total_seconds()))}"
            for length, each in alike.items()
        )

    def firing(self, chosen: str) -> str:
        """Return what Prometheus itself says of the alerts of the rules."""
        alerts = 'alertname=~"SLOBurn|SLONoData|SLOVanished",alertstate="firing"'
        return f"ALERTS{{{alerts},{chosen}}}"


class PlaneFigures:
    """The metrics that a control plane shows of its SLOs."""

    known = "trimtab_slo_objective_ratio"

    def objective(self, slo: Watched) -> str:
        """Return what the plane holds the SLO to."""
        return f"trimtab_slo_objective_ratio{{{slo.own}}}"

    def budget(self, chosen: str) -> str:
        """Return the plane's exact figure."""
        return f"trimtab_slo_error_budget_remaining_ratio{{{chosen}}}"

    def burn(self, slo: Watched, rule: BurnRule, *, short: bool) -> str:
        """Return the plane's figure; its short window may be longer where it scrapes seldom."""
        pair = f"{_pattern(length_text(rule.long))}/.*"
        window = "short" if short else "long"
        labels = f'severity="{rule.severity.value}",rule=~"{pair}",window="{window}"'
        return f"trimtab_slo_burn_rate{{{slo.own},{labels}}}"

    def fastest_burns(self, slos: Iterable[Watched]) -> tuple[str, ...]:  # noqa: ARG002 -- Figures
        """Return the greatest burn over any long window."""
        chosen = f'{CHOSEN},window="long"'
        return (f"max by (slo, service) (trimtab_slo_burn_rate{{{chosen}}})",)

    def events(
        self,
        slos: Iterable[Watched],  # noqa: ARG002 -- Figures
        chosen: str,
        *,
        bad: bool,
    ) -> tuple[str, ...]:
        """Return how fast the plane's counters go up."""
        only = f'{chosen},outcome="bad"' if bad else chosen
        rate = f"rate(trimtab_slo_events_total{{{only}}}[$__rate_interval])"
        return (f"sum by (slo, service) ({rate})",)

    def firing(self, chosen: str) -> str:
        """Return the plane's own alerts."""
        return f"trimtab_alert_firing{{{chosen}}} == 1"


def _burn(length: timedelta, chosen: str, allowed: str) -> str:
    window = duration_text(length)
    total = f"slo:total:increase{window}{{{chosen}}} > 0"
    return f"slo:bad:increase{window}{{{chosen}}} / (({total}) * {allowed})"


def _any_of(slos: Iterable[Watched]) -> str:
    names = "|".join(_pattern(slo.spec.name) for slo in slos)
    return f'slo=~"{names}"'


def _pattern(text: str) -> str:
    """Return a regular expression of just this text, as it stands between double quotes."""
    return _quoted(_SIGNS.sub(r"\\\g<0>", text))


def _quoted(text: str) -> str:
    """Return a text as it stands between PromQL's double quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
