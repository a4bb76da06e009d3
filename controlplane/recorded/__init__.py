"""Recorded periods of two arms, from dumps, tables and engines, as counts that can be judged."""

from controlplane.recorded.gains import Taken
from controlplane.recorded.reading import Compared, Period, matchers_of, take

__all__ = ["Compared", "Period", "Taken", "matchers_of", "take"]
