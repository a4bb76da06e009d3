"""Burn rates of all SLOs over all their windows at once, where nothing was taken out of them.

Windows of one length are read side by side, as differences of two rows of running sums. What a budget has
spent is its burn rate over the SLO's own window.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from controlplane.counting import Counting
from controlplane.promise import Promise
from slo import CalendarWindow

__all__ = ["BurnTable", "Look", "begin_of", "look_of_budget"]

Floats = npt.NDArray[np.float64]
Look = float | CalendarWindow
"""How far is looked back: so many seconds, or to where the calendar's period began."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Windows:
    """All windows that look back as far; columns of what is not counted yet are -1."""

    look: Look
    part: npt.NDArray[np.int64]
    total: npt.NDArray[np.int64]
    by_bad: npt.NDArray[np.bool_]
    allowed: Floats


class BurnTable:
    """The windows, compiled once for all promises and columns.

    Args:
        wanted: Promises, and how far is looked back for each; a pair may come again.
        columns: Of the running sums.

    Attributes:
        places: Where the burn rate of each stands, by the SLO's name and how far it looks back.
    """

    def __init__(self, wanted: Iterable[tuple[Promise, Look]], columns: Mapping[str, int]) -> None:
        by_look: dict[Look, dict[str, Promise]] = {}
        for promise, look in wanted:
            by_look.setdefault(look, {})[promise.slo.name] = promise
        pairs = ((name, look) for look, owners in by_look.items() for name in owners)
        self.places = {pair: place for place, pair in enumerate(pairs)}
        self._windows = [
            _windows(look, list(owners.values()), columns) for look, owners in by_look.items()
        ]

    def burns(self, counting: Counting, *, now: float) -> Floats:
        """Return all burn rates by place; NaN without traffic."""
        sums = counting.sums.values
        found = [np.empty(0)]
        for each in self._windows:
            past = counting.sums_at(begin_of(each.look, now))
            found.append(_burns(each, sums if past is None else sums - past))
        return np.concatenate(found)


def look_of_budget(promise: Promise) -> Look:
    """Return how far a budget looks back, unless it was begun anew."""
    objective = promise.slo.objective
    return objective.calendar or objective.window.total_seconds()


def begin_of(look: Look, now: float) -> float:
    """Return from when is looked, Unix seconds."""
    return now - look if isinstance(look, float) else look.at(now).start


def _windows(look: Look, owners: list[Promise], columns: Mapping[str, int]) -> _Windows:
    return _Windows(
        look=look,
        part=np.array([columns.get(each.part_key, -1) for each in owners], dtype=np.int64),
        total=np.array([columns.get(each.total_key, -1) for each in owners], dtype=np.int64),
        by_bad=np.array([each.by_bad for each in owners], dtype=np.bool_),
        allowed=np.array([each.slo.objective.allowed_error_ratio for each in owners]),
    )


def _burns(windows: _Windows, gained: Floats) -> Floats:
    """Return burn rates: of whole events, and never more bad ones than there are."""
    if not len(gained):
        return np.full(len(windows.total), np.nan)
    part, total = (
        np.rint(np.where(columns < 0, 0.0, gained[columns]))
        for columns in (windows.part, windows.total)
    )
    bad = np.clip(np.where(windows.by_bad, part, total - part), 0.0, total)
    ratio = np.divide(bad, total, out=np.full(len(total), np.nan), where=total > 0.0)
    burns: Floats = ratio / windows.allowed
    return burns
