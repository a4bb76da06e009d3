"""What each version of a service answered lately: the figures a circuit breaker looks at."""

from collections.abc import Iterable

from controlplane.counting import Counting
from probes.breaker import CallCounts
from probes.exposition import Page
from probes.server_profile import ServerProfile

__all__ = ["VersionWatch"]


class VersionWatch:
    """Counts calls, failures and slow calls of one version.

    Args:
        counting: Where they are counted.
        service: Whose version.
        version: Which.
    """

    def __init__(self, counting: Counting, service: str, version: str) -> None:
        self._counting = counting
        self._total, self._failed, self._timed, self._fast = (
            f"version/{service}/{version}/{what}" for what in ("total", "failed", "timed", "fast")
        )
        self._version = version

    def begin(
        self,
        profile: ServerProfile,
        *,
        model: str,
        targets: Iterable[str],
        pages: Iterable[Page],
        slow_call_seconds: float,
    ) -> None:
        """Count from now on. Slow is what is beyond the first bucket edge at or above the limit."""
        who = {"model": model, "version": self._version}
        sources = tuple(targets)
        define = self._counting.define
        define(self._total, (profile.requests(**who),), sources=sources)
        define(self._failed, (profile.errors(**who),), sources=sources)
        edges = profile.latency_edges(pages, model=model)
        above = [le for edge, le in edges.items() if edge >= slow_call_seconds]
        if above:
            define(self._timed, (profile.latency_count(**who),), sources=sources)
            define(self._fast, (profile.latency_bucket(above[0], **who),), sources=sources)

    def calls(self, *, now: float, seconds: float) -> CallCounts:
        """Return what was counted over the last seconds; zeros before `begin`."""
        keys = (self._total, self._failed, self._timed, self._fast)
        gained = self._counting.span(keys, now=now, seconds=seconds).gained
        return CallCounts(
            total=int(gained[self._total]),
            failed=int(gained[self._failed]),
            slow=int(gained[self._timed] - gained[self._fast]),
        )
