"""How fast an error budget is being spent."""

from slo.objective import Objective
from slo.sli import Counts

__all__ = ["burn_rate"]


def burn_rate(counts: Counts, objective: Objective) -> float | None:
    """Speed of error-budget spending, where 1.0 empties it in exactly one window.

    Args:
        counts: Events in the look-back window (any length).
        objective: The promise whose budget is being spent.

    Returns:
        Error ratio / allowed error ratio, dimensionless; None without traffic.

    Source: Google SRE Workbook, chapter "Alerting on SLOs".

    >>> from datetime import timedelta
    >>> three_nines = Objective(target=0.999, window=timedelta(days=30))
    >>> round(burn_rate(Counts(good=9_856, total=10_000), three_nines), 1)
    14.4
    """
    ratio = counts.error_ratio
    return None if ratio is None else ratio / objective.allowed_error_ratio
