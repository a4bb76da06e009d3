"""What this control plane counted itself, to the minute."""

import numpy as np
from sqlalchemy import Engine

from controlplane.engines import PastOfSlo, Progress
from controlplane.promise import Promise, make_promise
from controlplane.store.counts import CountStore
from slo import CountHistory, SloSpec

__all__ = ["OwnStore"]


class OwnStore:
    """The minutes of the control plane's database.

    Args:
        engine: The database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._store = CountStore(engine)

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()

    def of(self, slo: SloSpec, *, since: float, until: float, progress: Progress) -> PastOfSlo:
        """Read the minutes in which an SLO was counted."""
        promise = make_promise(slo, sources=(), interval_seconds=1.0)
        counts = _history(self._store, promise, since=since, until=until)
        progress(1.0)
        known = "" if len(counts.times) else "the store holds nothing of it in this time"
        return PastOfSlo(counts=counts, notes=(known,) if known else ())


def _history(store: CountStore, promise: Promise, *, since: float, until: float) -> CountHistory:
    times, sums = store.sums_between(promise.keys, since=since, until=until)
    part, total = (sums - sums[:1]).round().astype(np.int64).T
    return CountHistory(times=times, bad=part if promise.by_bad else total - part, total=total)
