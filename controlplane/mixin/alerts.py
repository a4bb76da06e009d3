"""What can be wrong with a control plane, as Prometheus alerting rules, each with the first step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ALERTS", "Trouble", "alert_groups"]

STILL_SECONDS = 600
"""The slowest loop that has a pace of its own comes round every minute."""

OLD_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One alert.

    Attributes:
        name: Of the alert.
        expr: PromQL; ``$job`` stands for the job that scrapes the plane.
        wait: For how long it must hold.
        severity: ``page`` where people may miss an outage, ``ticket`` otherwise.
        summary: One line.
        description: What it means.
        first_step: What to do first.
    """

    name: str
    expr: str
    wait: str
    severity: str
    summary: str
    description: str
    first_step: str

    def rule(self, job: str) -> dict[str, Any]:
        """Return it as Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expr.replace("$job", job),
            "for": self.wait,
            "labels": {"severity": self.severity},
            "annotations": self.annotations(job),
        }

    def annotations(self, job: str) -> Mapping[str, str]:
        """Return the words; labels in double braces are for Prometheus to fill in."""
        words = {
            "summary": self.summary,
            "description": self.description,
            "first_step": self.first_step,
        }
        return {name: text.replace("$job", job) for name, text in words.items()}


HERE = "{{ $labels.instance }}"

ALERTS = (
    Trouble(
        name="TrimtabDown",
        expr='up{job="$job"} == 0 or absent(up{job="$job"})',
        wait="3m",
        severity="page",
        summary="the control plane does not answer",
        description="Prometheus cannot scrape job $job: nobody holds SLOs or moves traffic.",
        first_step="Look whether trimtab up runs, and what it wrote last; GET /healthz",
    ),
    Trouble(
        name="TrimtabLoopStandsStill",
        # Probes and discoveries have paces that people chose; they may be hours.
        expr='time() - trimtab_loop_last_round_timestamp_seconds{loop!~"probe|discover"}'
        f" > {STILL_SECONDS}",
        wait="1m",
        severity="page",
        summary=f"the loop {{{{ $labels.loop }}}} of {HERE} stands still",
        description=f"It has come to the end of no round for {STILL_SECONDS // 60} minutes.",
        first_step="Read the log of the plane for this loop; restart it: state is saved",
    ),
    Trouble(
        name="TrimtabLoopFails",
        expr="increase(trimtab_loop_failures_total[15m]) > 2",
        wait="5m",
        severity="ticket",
        summary=f"rounds of the loop {{{{ $labels.loop }}}} of {HERE} fail",
        description="A round that fails is logged, and the next one comes; these keep failing.",
        first_step="Read the log of the plane: each failure has its traceback",
    ),
    Trouble(
        name="TrimtabBlind",
        expr='trimtab_targets{state="up"} == 0'
        " and ignoring (state) sum without (state) (trimtab_targets) > 0",
        wait="5m",
        severity="page",
        summary=f"{HERE} sees none of its targets",
        description="No target was read at its last scrape: every SLO stands where it was.",
        first_step="trimtab doctor",
    ),
    Trouble(
        name="TrimtabScrapesFail",
        expr='sum without (outcome) (rate(trimtab_scrapes_total{outcome!="ok"}[10m]))'
        " > 0.1 * (sum without (outcome) (rate(trimtab_scrapes_total[10m])) > 0)",
        wait="10m",
        severity="ticket",
        summary=f"more than a tenth of the scrapes of {HERE} fail",
        description="Targets are down, late, or show pages that cannot be read.",
        first_step="trimtab target list, then trimtab doctor",
    ),
    Trouble(
        name="TrimtabBadSamples",
        expr="increase(trimtab_bad_samples_total[15m]) > 0",
        wait="15m",
        severity="ticket",
        summary=f"{HERE} reads counters that no counter can show",
        description="Values that are negative, no numbers or above 2^53 are passed over.",
        first_step="trimtab doctor names the target; look at its page",
    ),
    Trouble(
        name="TrimtabPushesRejected",
        expr='increase(trimtab_push_points_total{outcome="rejected"}[15m]) > 0',
        wait="15m",
        severity="ticket",
        summary=f"{HERE} rejects pushed points",
        description="What is rejected is not counted; senders are told why in the answer.",
        first_step="GET /v1/push, and the log of the exporter",
    ),
    Trouble(
        name="TrimtabOutboxGrows",
        expr="min_over_time(trimtab_outbox_pending[15m]) > 0"
        " and deriv(trimtab_outbox_pending[15m]) > 0",
        wait="10m",
        severity="page",
        summary=f"more and more messages wait at {HERE}",
        description="Alerts are written faster than receivers take them.",
        first_step="trimtab alert deliveries",
    ),
    Trouble(
        name="TrimtabMessageOld",
        expr=f"time() - (trimtab_outbox_oldest_timestamp_seconds > 0) > {OLD_SECONDS}",
        wait="1m",
        severity="page",
        summary=f"a message of {HERE} has reached nobody",
        description=f"It was written {OLD_SECONDS // 60} minutes ago and is tried again and again.",
        first_step="trimtab alert deliveries says what the receiver answers",
    ),
    Trouble(
        name="TrimtabDeliveryRejected",
        expr='increase(trimtab_deliveries_total{result="rejected"}[15m]) > 0',
        wait="0m",
        severity="page",
        summary=f"a receiver refused a message of {HERE} for good",
        description="It is not tried again: someone was not told of an alert.",
        first_step="trimtab alert list, then trimtab alert deliveries",
    ),
    Trouble(
        name="TrimtabDeliveriesFail",
        expr='sum without (result) (rate(trimtab_deliveries_total{result!="delivered"}[15m]))'
        " > 0.5 * (sum without (result) (rate(trimtab_deliveries_total[15m])) > 0)",
        wait="10m",
        severity="ticket",
        summary=f"most tries of {HERE} to deliver fail",
        description="Receivers are away or refuse; messages are tried again until they arrive.",
        first_step="trimtab alert deliveries",
    ),
    Trouble(
        name="TrimtabSLONotCounted",
        expr="trimtab_slo_counted == 0",
        wait="15m",
        severity="ticket",
        summary="{{ $labels.slo }} of {{ $labels.service }} is not counted",
        description="What it names is on no page yet, or cannot be counted: it protects nobody.",
        first_step="trimtab slo show {{ $labels.slo }} gives the reason",
    ),
    Trouble(
        name="TrimtabSLOUnknown",
        expr="(trimtab_slo_counted == 1) unless trimtab_slo_error_budget_remaining_ratio",
        wait="1h",
        severity="ticket",
        summary="nothing is known of {{ $labels.slo }} of {{ $labels.service }}",
        description="It is counted, and its whole window holds no event.",
        first_step="trimtab slo explain {{ $labels.slo }}: does the service have traffic?",
    ),
    Trouble(
        name="TrimtabSLOsLeftOut",
        expr="trimtab_slos_left_out > 0",
        wait="15m",
        severity="ticket",
        summary=f"the page of {HERE} does not show all of its SLOs",
        description="There are more than a page can hold; all are held and alerted on.",
        first_step="Ask the REST API for those: GET /v1/slos; or share them between planes",
    ),
)
"""Every alert. Metrics are those of ``telemetry`` and ``slo_page``."""


def alert_groups(job: str) -> list[dict[str, Any]]:
    """Return the groups of a Prometheus rules file.

    Args:
        job: By which Prometheus scrapes the plane.
    """
    return [{"name": "trimtab", "rules": [trouble.rule(job) for trouble in ALERTS]}]
