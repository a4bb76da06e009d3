"""The recording and alerting rules that Sloth makes of an SLO, word for word.

Its budget is the mean of five-minute ratios, which says that each five minutes count as much, however
few requests they saw; `slo.rules.exact` counts events instead. Source: slok/sloth, its core plugins.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from slo.alert_windows import BurnRule, Severity
from slo.rules.alert_windows_file import SLOTH_WINDOWS, RuleWindows
from slo.rules.promql_text import duration_text, number_text
from slo.rules.sloth_spec import SeverityAlert, SlothSlo

__all__ = ["RuleOptions", "sloth_groups"]

Group = dict[str, Any]
_WINDOW = re.compile(r"\{\{\s*\.window\s*\}\}")
BURNS = "{{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOptions:
    """What is generated.

    Attributes:
        windows: Of the alerts, and the SLO's period.
        alerts: Whether alerting rules are.
        recordings: Whether recording rules are.
        extra_labels: For every recording rule.
        version: Written into the info series.
    """

    windows: RuleWindows = SLOTH_WINDOWS[30]
    alerts: bool = True
    recordings: bool = True
    extra_labels: Mapping[str, str] = field(default_factory=dict)
    version: str = "dev"


def sloth_groups(slo: SlothSlo, options: RuleOptions) -> list[Group]:
    """Return the groups of rules of one SLO."""
    groups = []
    if options.recordings:
        groups.append(_group("sli-recordings", slo, _indicators(slo, options)))
        groups.append(_group("meta-recordings", slo, _metadata(slo, options)))
    if options.alerts:
        alerts = [
            _alert(slo, severity, alert, options.windows)
            for severity, alert in ((Severity.PAGE, slo.page), (Severity.TICKET, slo.ticket))
            if alert is not None
        ]
        if alerts:
            groups.append(_group("alerts", slo, alerts))
    return groups


def _group(kind: str, slo: SlothSlo, rules: list[dict[str, Any]]) -> Group:
    return {"name": f"sloth-slo-{kind}-{slo.id}", "rules": rules}


def _indicators(slo: SlothSlo, options: RuleOptions) -> list[dict[str, Any]]:
    labels, rules = _labels(slo, options), []
    for length in options.windows.lengths():
        window = duration_text(length)
        rules.append(_recording(window, _WINDOW.sub(window, _ratio(slo)), labels))
    short, period = options.windows.lengths()[0], duration_text(options.windows.period)
    series = f"slo:sli_error:ratio_rate{duration_text(short)}{_selector(slo)}[{period}]"
    mean = f"sum_over_time({series})\n/ ignoring (sloth_window)\ncount_over_time({series})\n"
    return [*rules, _recording(period, mean, labels)]


def _ratio(slo: SlothSlo) -> str:
    return slo.ratio or f"({slo.error})\n/\n({slo.total})\n"


def _recording(window: str, expression: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "record": f"slo:sli_error:ratio_rate{window}",
        "expr": expression,
        "labels": {**labels, "sloth_window": window},
    }


def _metadata(slo: SlothSlo, options: RuleOptions) -> list[dict[str, Any]]:
    own, labels = _selector(slo), _labels(slo, options)
    objective = number_text(slo.objective / 100.0)
    days = number_text(options.windows.period / timedelta(days=1))
    short = duration_text(options.windows.lengths()[0])
    period = duration_text(options.windows.period)
    share = "/ on(sloth_id, sloth_slo, sloth_service) group_left\nslo:error_budget:ratio"
    info = {
        "sloth_version": options.version,
        "sloth_mode": slo.mode,
        "sloth_spec": slo.form,
        "sloth_objective": number_text(slo.objective),
    }
    rules = {
        "slo:objective:ratio": f"vector({objective})",
        "slo:error_budget:ratio": f"vector(1-{objective})",
        "slo:time_period:days": f"vector({days})",
        "slo:current_burn_rate:ratio": f"slo:sli_error:ratio_rate{short}{own}\n{share}{own}\n",
        "slo:period_burn_rate:ratio": f"slo:sli_error:ratio_rate{period}{own}\n{share}{own}\n",
        "slo:period_error_budget_remaining:ratio": f"1 - slo:period_burn_rate:ratio{own}",
        "sloth_slo_info": "vector(1)",
    }
    return [
        {
            "record": name,
            "expr": expression,
            "labels": {**labels, **(info if name == "sloth_slo_info" else {})},
        }
        for name, expression in rules.items()
    ]


def _alert(
    slo: SlothSlo, severity: Severity, alert: SeverityAlert, windows: RuleWindows
) -> dict[str, Any]:
    budget = number_text((100.0 - slo.objective) / 100.0)
    pairs = [
        _pair(slo, rule, number_text(windows.factor(rule)), budget)
        for rule in windows.rules
        if rule.severity is severity
    ]
    return {
        "alert": slo.alert,
        "expr": "or\n".join(pairs),
        "labels": {**alert.labels, "sloth_severity": severity.value},
        "annotations": {
            "title": f"({severity.value}) {BURNS} too fast.",
            "summary": f"{BURNS} over expected.",
            **alert.annotations,
        },
    }


def _pair(slo: SlothSlo, rule: BurnRule, factor: str, budget: str) -> str:
    short, long = (
        f"    max(slo:sli_error:ratio_rate{duration_text(length)}{_selector(slo)}"
        f" > ({factor} * {budget})) without (sloth_window)\n"
        for length in (rule.short, rule.long)
    )
    return f"(\n{short}    and\n{long})\n"


def _selector(slo: SlothSlo) -> str:
    return f'{{sloth_id="{slo.id}", sloth_service="{slo.service}", sloth_slo="{slo.name}"}}'


def _labels(slo: SlothSlo, options: RuleOptions) -> dict[str, str]:
    return {
        **slo.labels,
        **options.extra_labels,
        "sloth_id": slo.id,
        "sloth_service": slo.service,
        "sloth_slo": slo.name,
    }
