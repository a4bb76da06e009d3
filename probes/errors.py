"""Errors of the probing floor.

* ProbeError
  x UnknownPlugin      no system of that name is installed
  x UnreadableMetrics  a page that is not Prometheus text
  x UnreadablePush     a pushed request that is not OTLP, or too large
  x InvalidGolden      a file that holds no question with its known answer
  x IllegalOrder       an order that a circuit breaker does not take from people
"""

__all__ = [
    "IllegalOrder",
    "InvalidGolden",
    "ProbeError",
    "UnknownPlugin",
    "UnreadableMetrics",
    "UnreadablePush",
]


class ProbeError(Exception):
    """Base class of this floor."""


class UnknownPlugin(ProbeError):
    """No system of that name is installed; the message names those that are."""


class UnreadableMetrics(ProbeError):
    """A page that is not Prometheus text; the message names the line and the reason."""


class UnreadablePush(ProbeError):
    """A pushed request that is not OTLP, or too large; the message says which."""


class InvalidGolden(ProbeError):
    """A file that holds no question with its known answer."""


class IllegalOrder(ProbeError):
    """An order that a circuit breaker does not take from people; the message lists those it does."""
