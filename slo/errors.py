"""Errors of the SLO floor.

* SloError
  x InvalidCounts      more good events than events
  x InvalidObjective   a promise that cannot be
  x InvalidSelector    text that is no selector of series
  x InvalidSpec        an OpenSLO document that breaks the specification
  x UnsupportedSpec    a valid OpenSLO document that asks for what we cannot do yet
  x NoSuchEdge         a latency limit that no bucket ends at
"""

__all__ = [
    "InvalidCounts",
    "InvalidObjective",
    "InvalidSelector",
    "InvalidSpec",
    "NoSuchEdge",
    "SloError",
    "UnsupportedSpec",
]


class SloError(Exception):
    """Base class of this floor."""


class InvalidCounts(SloError):
    """More good events than events, or fewer than none."""


class InvalidObjective(SloError):
    """A promise that cannot be; the message says what is allowed."""


class InvalidSelector(SloError):
    """Text that is no selector of series; the message says what is."""


class InvalidSpec(SloError):
    """An OpenSLO document that breaks the specification; the message names the place."""


class UnsupportedSpec(SloError):
    """A valid OpenSLO document that asks for what trimtab cannot do yet."""


class NoSuchEdge(SloError):
    """A latency limit that no bucket of the histogram ends at; the message lists the edges."""
