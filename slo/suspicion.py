"""The quick look at many SLOs: which of them may fire, and deserve the full evaluation with its words."""

import numpy as np
import numpy.typing as npt

__all__ = ["may_burn"]

NEARLY = 0.99
"""So that no rounding makes the quick look miss what the full evaluation would find."""

Floats = npt.NDArray[np.float64]


def may_burn(
    part: Floats, total: Floats, *, by_bad: npt.NDArray[np.bool_] | bool, limit: Floats | float
) -> npt.NDArray[np.bool_]:
    """Whether each window burns at its limit, or nearly so.

    Args:
        part: Good events of each window, or bad ones.
        total: All of them.
        by_bad: Whether the part is the bad ones.
        limit: Share of bad events above which a rule fires.

    >>> may_burn(np.array([0.0, 5.0]), np.array([9.0, 9.0]), by_bad=True, limit=0.5).tolist()
    [False, True]
    """
    bad = np.where(by_bad, part, total - part)
    found: npt.NDArray[np.bool_] = (bad > 0.0) & (bad >= NEARLY * limit * total)
    return found
