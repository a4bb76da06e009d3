"""The plane's own probes as a page of counters, so that an SLO can rest on them like on any other."""

from collections.abc import Mapping

import numpy as np

from controlplane.counting import Counting

__all__ = ["PROBES", "ProbePage"]

PROBES = "trimtab-probes"
"""Name of this page among the sources of counts."""

GOOD, TOTAL = "trimtab_probe_good_total", "trimtab_probe_total"
Who = tuple[str, str, str]


class ProbePage:
    """Counts the answers that taught something, by service, version and kind of probe.

    Args:
        counting: Where the page is counted.
        started: When this process began: its counters began with it.
    """

    def __init__(self, counting: Counting, *, started: float) -> None:
        self._counting = counting
        self._started = started
        self._counts: dict[Who, list[int]] = {}
        self._series: tuple[tuple[str, Mapping[str, str]], ...] = ()

    def count(self, service: str, version: str, kind: str, *, ok: bool) -> None:
        """Add one answer."""
        who = (service, version, kind)
        if who not in self._counts:
            self._counts[who] = [0, 0]
            self._series = tuple(
                _series(name, each) for each in self._counts for name in (GOOD, TOTAL)
            )
        self._counts[who][0] += ok
        self._counts[who][1] += 1

    def counts(self, service: str, version: str, kind: str) -> tuple[int, int]:
        """Return (good, total) of one probe since the process began."""
        good, total = self._counts.get((service, version, kind), (0, 0))
        return good, total

    def publish(self) -> None:
        """Hand the page to the ledger, as a scrape would."""
        values = np.array([n for pair in self._counts.values() for n in pair], dtype=np.float64)
        self._counting.observe(PROBES, self._series, values, started=self._started)


def _series(name: str, who: Who) -> tuple[str, Mapping[str, str]]:
    service, version, kind = who
    return name, {"service": service, "version": version, "kind": kind}
