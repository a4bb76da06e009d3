"""The right to act, as this process holds it: for how long, and under which number."""

import asyncio
from collections.abc import Callable
from math import inf

from sqlalchemy import Connection, Engine, event

from controlplane.errors import Deposed
from controlplane.store.leases import LeaseStore

__all__ = ["ACT_ROOM", "Lease", "fence"]

ACT_ROOM = 0.4
"""Share of a lease that is left for what was begun under it: nothing is begun in that time."""


class Lease:
    """What a control plane acts under.

    A process can be stopped between any two instructions and go on an hour later. So it asks before
    it acts (`live`), the database asks before it commits (`fence`), and the number goes along to
    whom it acts on, who may refuse an old one.

    Args:
        fencing: Grows whenever the lease changes hands; 0 where nobody else could act.
        seconds: How long it runs unless renewed.
        clock: Seconds that never jump.

    Attributes:
        lost: Set once somebody else has taken it.
    """

    def __init__(
        self, *, fencing: int = 0, seconds: float = inf, clock: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.fencing = fencing
        self.lost = asyncio.Event()
        self._seconds, self._clock = seconds, clock
        self._renewed = clock()

    @property
    def live(self) -> bool:
        """Whether something may be begun now."""
        since = self._clock() - self._renewed
        return not self.lost.is_set() and since < (1.0 - ACT_ROOM) * self._seconds

    def renewed(self, asked_at: float) -> None:
        """Let it run on from when the renewal was asked for: a late answer lengthens nothing."""
        self._renewed = max(self._renewed, asked_at)


def fence(engine: Engine, lease: Lease) -> None:
    """Let every transaction be committed only while nobody else has taken the lease.

    Raises:
        Deposed: From the commit, which writes nothing.
    """

    def check(connection: Connection) -> None:
        if not LeaseStore.holds(connection, lease.fencing):
            lease.lost.set()
            msg = "Another control plane leads since; nothing of this was saved."
            raise Deposed(msg, hint="ask again: the one that leads now answers")

    event.listen(engine, "commit", check)
