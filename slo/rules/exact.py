"""Our own form of the rules: events over the whole window, and not means of ratios.

An idle service has no ratio rather than NaN; failures that were never seen are none; a burn rate that
rests on one failure calls nobody; a service that vanished does. ``increase`` extrapolates to the edges
of its window; Prometheus from 3.16 on can be told not to (``anchored``).
"""

from datetime import timedelta
from typing import Any

from slo.alert_windows import BurnRule, Severity
from slo.rules.alert_windows_file import RuleWindows
from slo.rules.of_spec import counters_of
from slo.rules.promql_text import duration_text, number_text
from slo.selector import Selector
from slo.sli import RatioSli
from slo.spec import SloSpec

__all__ = ["exact_groups"]

MIN_BAD = 2
"""Failures without which nothing is said, as the evidence gate has it."""

VANISHED = "5m"


def exact_groups(
    spec: SloSpec, rules: tuple[BurnRule, ...], *, anchored: bool = False
) -> list[dict[str, Any]]:
    """Return the rules of one SLO: one group, so that alerts judge what was recorded just before.

    Args:
        spec: The SLO; over a window that rolls.
        rules: Its burn rules.
        anchored: Whether the engine knows ranges that begin at a sample.

    Raises:
        UnsupportedSpec: It counts no counters.
    """
    sli, kind = counters_of(spec), " anchored" if anchored else ""
    labels = {"slo": spec.name, "service": spec.service}
    windows = RuleWindows(period=spec.objective.window, rules=rules)
    recordings = [
        {"record": f"slo:{what}:increase{duration_text(length)}", "expr": text, "labels": labels}
        for length in dict.fromkeys((*windows.lengths(), windows.period))
        for what, text in _counts(sli, length, kind).items()
    ]
    period, own = duration_text(windows.period), f'{{slo="{spec.name}"}}'
    allowed = number_text(round(spec.objective.allowed_error_ratio, 12))
    spent = f"slo:bad:increase{period}{own} / ((slo:total:increase{period}{own} > 0) * {allowed})"
    budget = {
        "record": "slo:error_budget_remaining:ratio",
        "expr": f"1 - {spent}",
        "labels": labels,
    }
    severities = dict.fromkeys(rule.severity for rule in rules)
    alerts = [_alert(spec, severity, rules, own, allowed) for severity in severities]
    every = [*recordings, budget, *alerts, _vanished(spec, sli)]
    return [{"name": f"trimtab-slo-{spec.name}", "rules": every}]


def _counts(sli: RatioSli, length: timedelta, kind: str) -> dict[str, str]:
    """Return bad and all events over a window; failures that no series tells are none."""
    window = f"[{duration_text(length)}{kind}]"
    total = _increases(sli.total, window)
    none = f"0 * {_one(sli.total, window)}"
    if sli.bad:
        return {"bad": f"({_increases(sli.bad, window)}) or ({none})", "total": total}
    good = f"(({_increases(sli.good, window)}) or ({none}))"
    return {"bad": f"clamp_min(({total}) - {good}, 0)", "total": total}


def _increases(selectors: tuple[Selector, ...], window: str) -> str:
    return " + ".join(_one((selector,), window) for selector in selectors)


def _one(selectors: tuple[Selector, ...], window: str) -> str:
    return f"sum(increase({selectors[0]}{window}))"


def _alert(
    spec: SloSpec, severity: Severity, rules: tuple[BurnRule, ...], own: str, allowed: str
) -> dict[str, Any]:
    """Return one alert of a severity, which any of its rules sets off."""
    pairs = [_pair(spec, rule, own, allowed) for rule in rules if rule.severity is severity]
    return {
        "alert": "SLOBurn",
        "expr": "or\n".join(pairs),
        "labels": {"slo": spec.name, "service": spec.service, "severity": severity.value},
        "annotations": {
            "summary": f"{spec.name} of {spec.service} burns its error budget",
            "description": "{{ $value }} bad events within the window that burns.",
        },
    }


def _pair(spec: SloSpec, rule: BurnRule, own: str, allowed: str) -> str:
    factor = number_text(rule.threshold(spec.objective.window))
    long, short = duration_text(rule.long), duration_text(rule.short)
    burns = [
        f"slo:bad:increase{window}{own} >= {factor} * {allowed} * (slo:total:increase{window}{own} > 0)"
        for window in (long, short)
    ]
    enough = f"slo:bad:increase{long}{own} >= {MIN_BAD}"
    return "(\n  " + "\n  and\n  ".join((*burns, enough)) + "\n)\n"


def _vanished(spec: SloSpec, sli: RatioSli) -> dict[str, Any]:
    return {
        "alert": "SLOVanished",
        "expr": " and ".join(f"absent({selector})" for selector in sli.total),
        "for": VANISHED,
        "labels": {"slo": spec.name, "service": spec.service, "severity": "page"},
        "annotations": {"summary": f"nothing is known of {spec.name} of {spec.service} any more"},
    }
