"""The error budget: how many bad events the promise allows, and how many there were."""

from dataclasses import dataclass

from slo.objective import Objective
from slo.sli import Counts

__all__ = ["Budget", "error_budget"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """One SLO's budget over its window.

    Attributes:
        counts: What happened in the window.
        allowed_bad: Bad events that the promise allows for this traffic; a fraction is possible.
        spent_ratio: Share of the budget that is gone, above 1 when overspent; None without traffic.
    """

    counts: Counts
    allowed_bad: float
    spent_ratio: float | None

    @property
    def remaining_ratio(self) -> float | None:
        """Share of the budget that is left, negative when overspent; None without traffic."""
        return None if self.spent_ratio is None else 1.0 - self.spent_ratio


def error_budget(counts: Counts, objective: Objective) -> Budget:
    """Hold what happened against the promise.

    >>> from datetime import timedelta
    >>> two_nines = Objective(target=0.99, window=timedelta(days=30))
    >>> round(error_budget(Counts(good=9_975, total=10_000), two_nines).remaining_ratio, 6)
    0.75
    """
    allowed = counts.total * objective.allowed_error_ratio
    ratio = counts.error_ratio
    spent = None if ratio is None else ratio / objective.allowed_error_ratio
    return Budget(counts=counts, allowed_bad=round(allowed, 9), spent_ratio=spent)
