"""The evidence so far: sums over a few stretches of time, so that late trouble can be seen.

Three quarters of the stake bet that the canary was bad from the start, a quarter is spread evenly over
later starts, one every so many seconds until the horizon. A bet that starts with a stretch is the
product of all stretches from there on. Only `MOST_STRETCHES` are kept: two neighbours are joined
where that hides least, measured against their age. Joining, and giving up the start between them,
only ever lowers the evidence, so it stays valid.
"""

from dataclasses import dataclass, replace

import numpy as np

from canary_analysis.arrays import FloatArray, IntArray
from canary_analysis.evidence import log_growth, mixed

__all__ = ["FROM_START", "MOST_STRETCHES", "Ledger"]

FROM_START = 0.75
"""Part of the stake. A late fault waits a tick longer for it than with half, early ones find a tenth
to a fifth of the requests saved."""

MOST_STRETCHES = 6
"""Stretches of time kept apart: recent ones at full resolution, older ones ever longer."""

EVERYONE = slice(0, 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ledger:
    """Sums of bets by stretch of time, by slot, by edge.

    Slot 0 holds the evidence of all canary replicas, slot 1 + i that without replica i.

    Attributes:
        sums: What evidence.place_bet counts, shape (3, stretches, slots, edges).
        opened: When each stretch began, whole milliseconds since the start, shape (stretches,).
        closed: Log evidence that a bet from each start gained in finished stretches, for slot 0:
            shape (stretches, 1, edges, odds). It follows from `sums` and saves most of the work.
        started: Late starts so far, those given up included.
    """

    sums: IntArray
    opened: IntArray
    closed: FloatArray
    started: int = 0

    @classmethod
    def empty(cls, edges: int) -> "Ledger":
        """Nothing counted yet, no replica known."""
        sums = np.zeros((3, 1, 1, edges), dtype=np.int64)
        return cls.of(sums, np.zeros(1, dtype=np.int64), started=0)

    @classmethod
    def of(cls, sums: IntArray, opened: IntArray, *, started: int) -> "Ledger":
        """Build one from what has to be saved of it."""
        closed = _finished(sums[:, :, EVERYONE])
        return cls(sums=sums, opened=opened, closed=closed, started=started)

    def with_slots(self, new: int) -> "Ledger":
        """Add slots for new replicas: without them, all went as it did with everyone."""
        if new == 0:
            return self
        more = np.repeat(self.sums[:, :, EVERYONE], new, axis=2)
        return replace(self, sums=np.concatenate([self.sums, more], axis=2))

    def at(self, elapsed: float, *, spacing: float, starts: int) -> "Ledger":
        """Begin a new stretch when its time has come.

        Args:
            elapsed: End of the interval about to be added, seconds since the start.
            spacing: Seconds between late starts.
            starts: Late starts in all; after the last no stretch begins.
        """
        now = round(elapsed * 1000.0)
        if self.started >= starts or now < self.opened[-1] + round(spacing * 1000.0):
            return self
        sums = np.concatenate([self.sums, np.zeros_like(self.sums[:, :1])], axis=1)
        opened = np.append(self.opened, now)
        if len(opened) > MOST_STRETCHES:
            sums, opened = _joined(sums, opened, now)
        return Ledger.of(sums, opened, started=self.started + 1)

    def add(self, bets: IntArray) -> "Ledger":
        """Add one interval to the latest stretch; `bets` has shape (3, slots, edges)."""
        sums = self.sums.copy()
        sums[:, -1] += bets
        return replace(self, sums=sums)

    def evidence(self, phi: FloatArray, *, starts: int, slots: slice = EVERYONE) -> FloatArray:
        """The e-value of the whole stake, shape (slots, edges).

        Args:
            phi: Replica noise by edge, at least 1; log evidence is divided by it.
            starts: Late starts in all, as given to `at`.
            slots: Which slots; the first is everyone.
        """
        sums = self.sums[:, :, slots]
        finished = self.closed if slots == EVERYONE else _finished(sums)
        grown = finished + log_growth(sums[:, -1])
        value = mixed(np.divide(grown, phi[:, None], out=grown))
        not_begun = (starts - self.started) / starts
        late = value[1:].sum(axis=0) / starts + not_begun
        return np.asarray(FROM_START * value[0] + (1.0 - FROM_START) * late)

    def evidence_from_start(self, phi: FloatArray) -> FloatArray:
        """The e-value of the bet "from the start" of everyone, shape (edges,)."""
        grown = self.closed[0, 0] + log_growth(self.sums[:, -1, 0])
        return mixed(grown / phi[:, None])


def _finished(sums: IntArray) -> FloatArray:
    """Log evidence from each start to the end of the last finished stretch."""
    each = log_growth(sums)
    each[-1] = 0.0
    return np.asarray(np.cumsum(each[::-1], axis=0)[::-1])


def _joined(sums: IntArray, opened: IntArray, now: int) -> tuple[IntArray, IntArray]:
    """Join the two neighbours whose common length is least against their age."""
    length = opened[2:] - opened[:-2]
    age = now - opened[:-2] + 1
    first = int(np.argmin(length / age))
    joined = np.delete(sums, first + 1, axis=1)
    joined[:, first] += sums[:, first + 1]
    return joined, np.delete(opened, first + 1)
