"""Burn rules as a line of text: ``page 2% 1h/5m, ticket 10% 1d/2h``.

Each rule says whom it calls, which share of the budget must have gone within its long window, and
over which short window it must still be burning. The factor follows from the share.
"""

import re
from datetime import timedelta

from slo.alert_windows import BurnRule, Severity
from slo.errors import InvalidSpec
from slo.time_window import UNIT_LENGTHS

__all__ = ["parse_burn_rules"]

MOST_RULES = 8
_RULE = re.compile(
    r"(page|ticket)\s+([0-9]{1,3}(?:\.[0-9]{1,6})?)%\s+([1-9][0-9]{0,4})([mhdw])/([1-9][0-9]{0,4})([mhdw])",
    re.ASCII,
)
EXAMPLE = "page 2% 1h/5m, ticket 10% 1d/2h"


def parse_burn_rules(text: str, window: timedelta) -> tuple[BurnRule, ...]:
    """Read the rules of an SLO whose window is so long.

    Raises:
        InvalidSpec: A rule cannot be read, or its windows do not fit each other or the SLO's.

    >>> month = timedelta(days=30)
    >>> [rule.threshold(month) for rule in parse_burn_rules("page 2% 1h/5m, ticket 10% 3d/6h", month)]
    [14.4, 1.0]
    """
    rules = tuple(_rule(part.strip(), window) for part in text.split(","))
    if len(rules) > MOST_RULES:
        msg = f"{len(rules)} burn rules are too many; at most {MOST_RULES} are read."
        raise InvalidSpec(msg)
    return rules


def _rule(text: str, window: timedelta) -> BurnRule:
    found = _RULE.fullmatch(text)
    if found is None:
        msg = f"{text[:60]!r} is no burn rule. Write for example {EXAMPLE}."
        raise InvalidSpec(msg)
    share = float(found[2]) / 100
    long, short = (int(found[at]) * UNIT_LENGTHS[found[at + 1]] for at in (3, 5))
    if not 0.0 < share <= 1.0:
        msg = f"{text!r}: a share of the budget is above 0 and at most 100 %."
        raise InvalidSpec(msg)
    if not short < long <= window:
        msg = f"{text!r}: write the long window first; it is at most the SLO's, {window}."
        raise InvalidSpec(msg)
    return BurnRule(severity=Severity(found[1]), long=long, short=short, budget_share=share)
