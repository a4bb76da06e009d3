"""What each version of a service answered lately: the figures a circuit breaker looks at."""

from collections.abc import Iterable

from controlplane.counting import Counting
from probes.breaker import CallCounts
from probes.reading import Reading

__all__ = ["VersionWatch"]


class VersionWatch:
    """Counts calls, failures and slow calls of one version.

    Args:
        counting: Where they are counted.
        service: Whose version.
        version: Which.

    Attributes:
        sources: The targets it is counted on; None before `begin`.
    """

    def __init__(self, counting: Counting, service: str, version: str) -> None:
        self._counting = counting
        self._total, self._part, self._timed, self._fast = (
            f"version/{service}/{version}/{what}" for what in ("total", "part", "timed", "fast")
        )
        self.sources: tuple[str, ...] | None = None
        self._by_good = False
        self._version = version

    def begin(
        self,
        reading: Reading,
        *,
        model: str,
        targets: Iterable[str],
        slow_call_seconds: float,
    ) -> None:
        """Count from now on, again where replicas came or went. Slow is what is beyond the first bucket edge at or above the limit."""
        who = {"model": model, "version": self._version}
        sources = tuple(targets)
        if sources == self.sources:
            return
        self.sources = sources
        define = self._counting.define
        self._by_good = not reading.counts_bad
        define(self._total, reading.requests(**who), sources=sources)
        define(self._part, reading.part(**who), sources=sources)
        above = [le for edge, le in reading.edges.items() if edge >= slow_call_seconds]
        if above:
            define(self._timed, reading.timed(**who), sources=sources)
            define(self._fast, reading.within(above[0], **who), sources=sources)

    def calls(self, *, now: float, seconds: float) -> CallCounts:
        """Return what was counted over the last seconds; zeros before `begin`."""
        keys = (self._total, self._part, self._timed, self._fast)
        gained = self._counting.span(keys, now=now, seconds=seconds).gained
        total, part = int(gained[self._total]), int(gained[self._part])
        return CallCounts(
            total=total,
            failed=max(total - part, 0) if self._by_good else part,
            slow=int(gained[self._timed] - gained[self._fast]),
        )
