"""The multi-window, multi-burn-rate alerts of the SRE Workbook, as data.

Source: Google SRE Workbook, "Alerting on SLOs", section 6 (multiwindow, multi-burn-rate alerts),
for a window of 30 days. The factor follows from the share of the budget; nobody types 14.4.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

__all__ = ["WORKBOOK", "BurnRule", "Severity", "rules_for", "usual_silence"]


class Severity(StrEnum):
    """Whether a person is woken, or finds a ticket in the morning."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRule:
    """Alert when this share of the whole budget went within the long window.

    The short window makes the alert stop soon after the burning stops.
    """

    severity: Severity
    long: timedelta
    short: timedelta
    budget_share: float

    def threshold(self, window: timedelta) -> float:
        """Burn rate above which the rule fires, for an SLO window of this length.

        >>> [rule.threshold(MONTH) for rule in WORKBOOK]
        [14.4, 6.0, 3.0, 1.0]
        """
        return round(self.budget_share * (window / self.long), 9)


MONTH = timedelta(days=30)

WORKBOOK = (
    BurnRule(
        severity=Severity.PAGE,
        long=timedelta(hours=1),
        short=timedelta(minutes=5),
        budget_share=0.02,
    ),
    BurnRule(
        severity=Severity.PAGE,
        long=timedelta(hours=6),
        short=timedelta(minutes=30),
        budget_share=0.05,
    ),
    BurnRule(
        severity=Severity.TICKET,
        long=timedelta(days=1),
        short=timedelta(hours=2),
        budget_share=0.10,
    ),
    BurnRule(
        severity=Severity.TICKET,
        long=timedelta(days=3),
        short=timedelta(hours=6),
        budget_share=0.10,
    ),
)


def rules_for(window: timedelta, *, resolution: timedelta) -> tuple[BurnRule, ...]:
    """Return the Workbook's rules scaled to an SLO window.

    Long and short windows keep their proportion to the SLO window, so the factors stay 14.4, 6, 3
    and 1 for any length; a factor below 1, which tickets a service that keeps its promise, cannot
    come out. A short window below ``resolution`` is raised to it, and a rule whose long window
    would not be longer than its short one is left out.
    """
    scaled = (
        BurnRule(
            severity=rule.severity,
            long=rule.long * (window / MONTH),
            short=max(rule.short * (window / MONTH), resolution),
            budget_share=rule.budget_share,
        )
        for rule in WORKBOOK
    )
    return tuple(rule for rule in scaled if rule.long > rule.short)


def usual_silence(rules: tuple[BurnRule, ...] | None, window: timedelta) -> timedelta:
    """Return after how long without an event no rule of an SLO can tell anything any more.

    It is the briefest of the long windows: an hour for a window of 30 days.

    >>> usual_silence(None, MONTH)
    datetime.timedelta(seconds=3600)
    """
    return min(rule.long for rule in rules or rules_for(window, resolution=timedelta(0)))
