"""Where what happened before an SLO was counted here is told, by whoever has a longer memory."""

import numpy as np

from controlplane.errors import InvalidConfig, Refused
from controlplane.plane import Plane
from controlplane.promise import Promise
from controlplane.schemas import BackfillIn, BackfillOut
from controlplane.store.past_sums import PastSums

__all__ = ["tell_past"]

FARTHEST_SECONDS = 400 * 86_400.0


def tell_past(plane: Plane, promise: Promise, past: BackfillIn) -> BackfillOut:
    """Count a past; of the time since counting began nothing is taken, so it may be told again.

    Raises:
        Refused: The SLO is not counted yet, or rests on an engine, which remembers by itself.
        InvalidConfig: It reaches back further than counts are kept.
    """
    name, counting = promise.slo.name, plane.counting
    if promise.engine:
        msg = f"SLO {name} is counted on the engine {promise.engine}, which knows its past."
        raise Refused(msg, hint="say how far back with history: of that engine in trimtab.yaml")
    if not counting.defines(promise.total_key):
        msg = f"SLO {name} is not counted yet."
        raise Refused(msg, hint=plane.live.uncounted.get(name) or "wait for its first page")
    if past.times[0] < plane.now() - FARTHEST_SECONDS:
        msg = f"Counts are kept for {FARTHEST_SECONDS / 86_400:.0f} days; the past begins before."
        raise InvalidConfig(msg, hint="begin later")
    bad, total = (np.array(each, dtype=np.float64) for each in (past.bad, past.total))
    if (np.diff(bad) > np.diff(total)).any():
        msg = "There are more bad events than events between two of the times."
        raise InvalidConfig(msg)
    times = np.array(past.times)
    before = {key: counting.value(key) for key in promise.keys}
    part = bad if promise.by_bad else total - bad
    counting.add_past(
        {
            key: PastSums(times=times, sums=sums)
            for key, sums in zip(promise.keys, (part, total), strict=True)
        }
    )
    took_part, took = (round(counting.value(key) - before[key]) for key in promise.keys)
    found = BackfillOut(
        bad=took_part if promise.by_bad else took - took_part,
        total=took,
        counted_since=counting.began(promise.total_key),
    )
    _write_down(plane, name, past.source, found)
    return found


def _write_down(plane: Plane, name: str, source: str, found: BackfillOut) -> None:
    now, subject = plane.now(), f"slo/{name}"
    text = f"{name}: {found.bad} bad of {found.total} events of the past, from {source}"
    detail = {"source": source, "bad": found.bad, "total": found.total}
    with plane.engine.begin() as connection:
        plane.trail.tell(connection, now=now, kind="slo.past", subject=subject, text=text)
        plane.trail.write(
            connection, now=now, actor="api", verb="slo.past", subject=subject, detail=detail
        )
