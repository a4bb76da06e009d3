"""What is special about histograms: which side of an edge to read, and which edges say anything."""

import numpy as np

from canary_analysis.arrays import BoolArray, IntArray
from canary_analysis.evidence import Table

__all__ = [
    "FEWEST_EVENTS",
    "INFORMATIVE_SHARE",
    "REQUESTS_TO_CHOOSE_SIDE",
    "informative",
    "read_from_below",
]

REQUESTS_TO_CHOOSE_SIDE = 100
"""Requests of both arms seen before a side is chosen; until then latency is not yet evidence."""

INFORMATIVE_SHARE = 0.01
"""An edge says something when at least this share of requests lies on either side of it."""

FEWEST_EVENTS = 20
"""... and when at least this many do."""


def read_from_below(table: Table) -> BoolArray:
    """Whether the bet is placed on the turned table at an edge.

    The bound on the variance of a cell is tightest where the cell has the smallest margin. Both
    readings are valid, so this choice is about power alone; it looks only at margins.

    Args:
        table: Counts of both arms so far.
    """
    below = table.total - table.above
    straight = np.minimum(table.above, table.canary_total)
    return np.asarray(np.minimum(below, table.baseline_total) < straight)


def informative(above: IntArray, total: IntArray) -> BoolArray:
    """Which edges have enough requests on both sides to prove anything.

    Args:
        above: Requests of both arms above each edge.
        total: Requests of both arms.
    """
    rarer = np.minimum(above, total - above)
    return np.asarray((rarer >= FEWEST_EVENTS) & (rarer >= INFORMATIVE_SHARE * total))
