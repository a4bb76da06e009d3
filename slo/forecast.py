"""When the budget runs out, with an interval.

The error ratio to come is guessed for several horizons (`coming_errors`), and added to what the window
will still hold of the past by then. The budget is gone at the earliest where the interval's upper end
says so, and at the latest where its lower end does.
"""

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import numpy.typing as npt

from slo.coming_errors import LEVEL, next_error_ratio
from slo.count_history import CountHistory
from slo.objective import Objective

__all__ = ["Forecast", "Outlook", "forecast"]

STEPS = 360
"""A window is walked through in so many steps: of 30 days, each is two hours."""

REACH = 10
"""A forecast reaches a tenth as far as what is known: it needs to have erred that often."""

SEEN = 4
"""The traffic to come is that of the last four horizons."""

LONGEST_PAST = 2
"""Windows of past that are learnt from."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What share of the budget will be gone: middle, and the ends of the interval.

    Attributes:
        seconds: From now.
        low: One time in ten it will be less.
        middle: The guess.
        high: One time in ten it will be more.
    """

    seconds: float
    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When the budget runs out.

    Attributes:
        level: Share of truths that lie inside, in the long run.
        outlooks: What is expected, nearest first; empty when too little is known.
        earliest: Seconds until the budget may be gone; None when it lasts as far as can be seen.
        likely: The same by the middle.
        latest: The same by the end that is kind; None when it may last.
        reach: How far can be seen, seconds.
        reason: For a person.
    """

    level: float
    outlooks: tuple[Outlook, ...]
    earliest: float | None
    likely: float | None
    latest: float | None
    reach: float
    reason: str


def forecast(history: CountHistory, objective: Objective, *, now: float) -> Forecast:
    """Say when the budget runs out if things go on as unevenly as they did.

    Args:
        history: What happened; two windows of it are learnt from, where there are.
        objective: The promise.
        now: Unix seconds.
    """
    step = objective.window.total_seconds() / STEPS
    known = now - history.times[0] if len(history.times) else 0.0
    steps = int(min(known // step, LONGEST_PAST * STEPS))
    edges = now - step * np.arange(steps, -1, -1, dtype=np.float64)
    gained = [np.diff(sums).astype(np.float64) for sums in history.sums_at(edges)]
    found = (
        _outlook(history, objective, now, horizon, (gained[0], gained[1]))
        for horizon in _horizons(steps // REACH)
    )
    outlooks = tuple(outlook for outlook in found if outlook is not None)
    reach = outlooks[-1].seconds if outlooks else 0.0
    gone = _gone(history, objective, now)
    ends = [0.0 if gone else _first(outlooks, name) for name in ("high", "middle", "low")]
    told = Forecast(
        level=LEVEL,
        outlooks=outlooks,
        earliest=ends[0],
        likely=ends[1],
        latest=ends[2],
        reach=reach,
        reason="",
    )
    return replace(told, reason=_words(told, known))


def _gone(history: CountHistory, objective: Objective, now: float) -> bool:
    """Whether the budget is gone already."""
    start = now - objective.window.total_seconds()
    if objective.calendar is not None:
        start = objective.calendar.at(now).start
    ratio = history.since(start, now).error_ratio
    return ratio is not None and ratio >= objective.allowed_error_ratio


def _horizons(most: int) -> list[int]:
    """Return the horizons that are looked at: each step at first, then ever wider apart."""
    found, at = [], 1
    while at <= most:
        found.append(at)
        at = max(at + 1, ceil(at * 1.25))
    return found


def _outlook(
    history: CountHistory,
    objective: Objective,
    now: float,
    horizon: int,
    gained: tuple[Floats, Floats],
) -> Outlook | None:
    """Return what is expected after so many steps; None where nothing can be."""
    length = objective.window.total_seconds()
    seconds = horizon * length / STEPS
    start = now + seconds - length
    if objective.calendar is not None:
        period = objective.calendar.at(now)
        if now + seconds > period.end:
            return None  # a new period begins with a new budget
        start = period.start
    bad, total = gained
    ratio = next_error_ratio(bad, total, horizon)
    past, coming = history.since(start, now), float(total[-SEEN * horizon :].mean()) * horizon
    if ratio is None or past.total + coming <= 0.0:
        return None
    allowed = (past.total + coming) * objective.allowed_error_ratio
    low, middle, high = (
        (past.bad + share * coming) / allowed for share in (ratio.low, ratio.middle, ratio.high)
    )
    return Outlook(seconds=seconds, low=low, middle=middle, high=high)


def _first(outlooks: tuple[Outlook, ...], name: str) -> float | None:
    """Return when the budget is first gone by one of the three."""
    gone = (each.seconds for each in outlooks if getattr(each, name) >= 1.0)
    return next(gone, None)


def _words(found: Forecast, known: float) -> str:
    if found.latest == 0.0:
        return "gone already"
    if not found.outlooks:
        return f"too little is known: {known / 3600:.1f} hours"
    if found.earliest is None:
        return f"lasts for {_spell(found.reach)} at least, as far as can be seen"
    latest = "later than can be seen" if found.latest is None else _spell(found.latest)
    return f"gone in {_spell(found.earliest)} at the earliest, {latest} at the latest"


def _spell(seconds: float) -> str:
    for unit, size in (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
