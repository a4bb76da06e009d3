"""Errors of the probing floor.

* ProbeError
  x UnknownPlugin      no system of that name is installed
  x UnreadableMetrics  a page that is not Prometheus text
  x InvalidAddress     a target that cannot be asked
  x UnreadablePush     a pushed request that is not OTLP
    + PushTooLarge       it is larger than is read
  x InvalidGolden      a file that holds no question with its known answer
  x IllegalOrder       an order that a circuit breaker does not take from people
"""

__all__ = [
    "IllegalOrder",
    "InvalidAddress",
    "InvalidGolden",
    "ProbeError",
    "PushTooLarge",
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


class InvalidAddress(ProbeError):
    """A target that cannot be asked; the message says what an address looks like."""


class UnreadablePush(ProbeError):
    """A pushed request that is not OTLP; the message says what is wrong with it."""


class PushTooLarge(UnreadablePush):
    """A pushed request is larger than is read; the message names the limit."""


class InvalidGolden(ProbeError):
    """A file that holds no question with its known answer."""


class IllegalOrder(ProbeError):
    """An order that a circuit breaker does not take from people; the message lists those it does."""
