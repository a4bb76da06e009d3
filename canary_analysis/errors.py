"""Errors of the canary-analysis floor.

* CanaryAnalysisError
  x InvalidPolicy     a limit, margin or time that cannot work
  x InvalidMetric     a metric without a name, with edges out of order, twice the same
  x InvalidInterval   counts that cannot be counts: wrong shape, negative, more bad than all
  x InvalidSamples    raw latencies that are negative, infinite or no numbers
  x InvalidSnapshot   a saved analysis that cannot be read back
"""

__all__ = [
    "CanaryAnalysisError",
    "InvalidInterval",
    "InvalidMetric",
    "InvalidPolicy",
    "InvalidSamples",
    "InvalidSnapshot",
]


class CanaryAnalysisError(Exception):
    """Base class of this floor."""


class InvalidPolicy(CanaryAnalysisError):
    """A limit, margin or time that cannot work."""


class InvalidMetric(CanaryAnalysisError):
    """A metric that cannot be judged as it is written."""


class InvalidInterval(CanaryAnalysisError):
    """Counts that cannot be counts."""


class InvalidSamples(CanaryAnalysisError):
    """Raw latencies that cannot be latencies."""


class InvalidSnapshot(CanaryAnalysisError):
    """A saved analysis that cannot be read back."""
