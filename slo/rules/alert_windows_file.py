"""The windows of generated alert rules: Sloth's own for 28 and 30 days, or those of its file.

Source: slok/sloth, kind AlertWindows; the shares for 28 and 30 days are the Workbook's.
"""

from dataclasses import dataclass
from datetime import timedelta

from slo.alert_windows import WORKBOOK, BurnRule, Severity
from slo.errors import InvalidSpec
from slo.openslo.documents import read_documents
from slo.openslo.durations import fixed_duration
from slo.openslo.fields import Fields

__all__ = ["SLOTH_WINDOWS", "RuleWindows", "read_alert_windows"]

PLACES = (
    ("page", "quick", Severity.PAGE),
    ("page", "slow", Severity.PAGE),
    ("ticket", "quick", Severity.TICKET),
    ("ticket", "slow", Severity.TICKET),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWindows:
    """The SLO's period, and the windows that are held against it.

    Attributes:
        period: Over which the promise is made.
        rules: Burn rules; their windows are as they are, and not scaled.
    """

    period: timedelta
    rules: tuple[BurnRule, ...]

    def factor(self, rule: BurnRule) -> float:
        """Return the burn rate above which a rule fires, in the very steps that Sloth computes it."""
        hours = self.period.total_seconds() / 3600.0
        per_cent = round(rule.budget_share * 100.0, 9)
        return per_cent / 100.0 * hours / (rule.long.total_seconds() / 3600.0)

    def lengths(self) -> list[timedelta]:
        """Return all windows, the shortest first."""
        return sorted({length for rule in self.rules for length in (rule.short, rule.long)})


SLOTH_WINDOWS = {
    days: RuleWindows(period=timedelta(days=days), rules=WORKBOOK) for days in (28, 30)
}
"""What Sloth brings along, by days."""


def read_alert_windows(text: str) -> RuleWindows:
    """Read a file of kind AlertWindows.

    Raises:
        InvalidSpec: It is none; the message names the field.
    """
    documents = read_documents(text)
    if len(documents) != 1 or documents[0].value.get("kind") != "AlertWindows":
        msg = "A file of alert windows is one document of kind AlertWindows."
        raise InvalidSpec(msg)
    spec = Fields(documents[0].value, "AlertWindows").fields("spec")
    rules = []
    for kind, speed, severity in PLACES:
        window = spec.fields(kind).fields(speed)
        share = window.number("errorBudgetPercent")
        if not 0.0 < share <= 100.0:  # noqa: PLR2004 -- per cent
            msg = f"{window.place}.errorBudgetPercent must be above 0, at most 100, not {share:g}."
            raise InvalidSpec(msg)
        rules.append(
            BurnRule(
                severity=severity,
                long=fixed_duration(window, "longWindow"),
                short=fixed_duration(window, "shortWindow"),
                budget_share=share / 100.0,
            )
        )
    return RuleWindows(period=fixed_duration(spec, "sloPeriod"), rules=tuple(rules))
