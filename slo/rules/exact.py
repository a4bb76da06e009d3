"""Our own form of the rules: events over the whole window, and not means of ratios.

An idle service has no ratio rather than NaN; failures that were never seen are none; a burn rate that
rests on one failure calls nobody; a service that vanished does. ``increase`` extrapolates to the edges
of its window; Prometheus from 3.16 on can be told not to (``anchored``).

An SLO that is one for each set of label values keeps those labels in all that is recorded, so that
budget and alerts are of each set; unlike our own engine's, sets are as many as the series show.
"""

from datetime import timedelta
from typing import Any

from slo.alert_windows import BurnRule, Severity
from slo.rules.alert_windows_file import RuleWindows
from slo.rules.increases import EventCounts, counts_of_spec
from slo.rules.promql_text import duration_text, number_text
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
    events = counts_of_spec(spec)
    windows = RuleWindows(period=spec.objective.window, rules=rules)
    recordings = _recordings(spec, events, windows, " anchored" if anchored else "")
    severities = dict.fromkeys(rule.severity for rule in rules)
    alerts = [_burn(spec, events, severity, rules) for severity in severities]
    if spec.silence is not None:
        alerts.append(_no_data(spec, spec.silence))
    every = [*recordings, _budget(spec), *alerts, _vanished(spec, events)]
    return [{"name": f"trimtab-slo-{spec.name}", "rules": every}]


def _recordings(
    spec: SloSpec, events: EventCounts, windows: RuleWindows, kind: str
) -> list[dict[str, Any]]:
    """Return bad and all events over each window that something is held against."""
    labels = _labels(spec)
    texts: dict[str, str] = {}
    for length in (*windows.lengths(), windows.period):
        window = f"[{duration_text(length)}{kind}]"
        texts[_name("bad", length)] = events.bad(window)
        texts[_name("total", length)] = events.total(window)
    if spec.silence is not None:
        texts[_name("total", spec.silence)] = events.total(f"[{duration_text(spec.silence)}{kind}]")
    return [{"record": name, "expr": text, "labels": labels} for name, text in texts.items()]


def _budget(spec: SloSpec) -> dict[str, Any]:
    bad, total = (_recorded(spec, what, spec.objective.window) for what in ("bad", "total"))
    return {
        "record": "slo:error_budget_remaining:ratio",
        "expr": f"1 - {bad} / (({total} > 0) * {_allowed(spec)})",
        "labels": _labels(spec),
    }


def _burn(
    spec: SloSpec, events: EventCounts, severity: Severity, rules: tuple[BurnRule, ...]
) -> dict[str, Any]:
    """Return one alert of a severity, which any of its rules sets off."""
    least = (MIN_BAD if spec.evidence is None else spec.evidence.min_bad) * max(events.weights)
    pairs = [_pair(spec, rule, least) for rule in rules if rule.severity is severity]
    bad = "bad events" if max(events.weights) == 1 else "bad events by weight"
    return {
        "alert": "SLOBurn",
        "expr": "or\n".join(pairs),
        "labels": _labels(spec, severity.value),
        "annotations": {
            "summary": f"{_told(spec)} burns its error budget",
            "description": f"{{{{ $value }}}} {bad} within the window that burns.",
        },
    }


def _pair(spec: SloSpec, rule: BurnRule, least: int) -> str:
    factor = number_text(rule.threshold(spec.objective.window))
    burns = [
        f"{_recorded(spec, 'bad', length)} >= "
        f"{factor} * {_allowed(spec)} * ({_recorded(spec, 'total', length)} > 0)"
        for length in (rule.long, rule.short)
    ]
    enough = f"{_recorded(spec, 'bad', rule.long)} >= {least}"
    return "(\n  " + "\n  and\n  ".join((*burns, enough)) + "\n)\n"


def _no_data(spec: SloSpec, silence: timedelta) -> dict[str, Any]:
    """Return the alert of what was known so long ago and has had no event since.

    What was known is what is recorded of the whole window, which outlives the series: it also calls
    where they went away, and not before it was watched for so long.
    """
    length = duration_text(silence)
    known = f"{_recorded(spec, 'total', spec.objective.window)} offset {length}"
    return {
        "alert": "SLONoData",
        "expr": f"{known} unless ({_recorded(spec, 'total', silence)} > 0)",
        "labels": _labels(spec, "page"),
        "annotations": {
            "summary": f"{_told(spec)} has nothing to count",
            "description": f"no event within {length}",
        },
    }


def _vanished(spec: SloSpec, events: EventCounts) -> dict[str, Any]:
    """Return the alert of no series at all; sets of label values are not told apart."""
    return {
        "alert": "SLOVanished",
        "expr": " and on () ".join(f"absent({selector})" for selector in events.whole),
        "for": VANISHED,
        "labels": _labels(spec, "page"),
        "annotations": {"summary": f"nothing is known of {spec.name} of {spec.service} any more"},
    }


def _labels(spec: SloSpec, severity: str = "") -> dict[str, str]:
    own = {"slo": spec.name, "service": spec.service}
    return {**own, "severity": severity} if severity else own


def _told(spec: SloSpec) -> str:
    """Return what an SLO is called before people, with the values of its set."""
    values = [f"{{{{ $labels.{label} }}}}" for label in (spec.each.labels if spec.each else ())]
    told = f" ({', '.join(values)})" if values else ""
    return f"{spec.name}{told} of {spec.service}"


def _name(what: str, length: timedelta) -> str:
    return f"slo:{what}:increase{duration_text(length)}"


def _recorded(spec: SloSpec, what: str, length: timedelta) -> str:
    return f'{_name(what, length)}{{slo="{spec.name}"}}'


def _allowed(spec: SloSpec) -> str:
    return number_text(round(spec.objective.allowed_error_ratio, 12))
