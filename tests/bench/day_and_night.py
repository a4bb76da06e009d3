"""Thirty days of a service with busy days, quiet nights and bad midnights, in whole events."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

__all__ = ["DAYS", "STEP", "History", "day_and_night"]

DAYS, STEP = 30, 30
"""Seconds between two pages."""

PHASE, JITTER = 7.0, 0.01
"""Pages come at their own time, which is nobody else's full minute, and not quite on time."""

DAY_RATE, NIGHT_RATE, BAD_SHARE = 1200, 60, 0.2
"""Requests a minute by day and by night, and the share that fails in a bad hour."""

RESTART_PAGES = 8641
"""Pages between two restarts of the server: counters begin anew about every third day."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """What happened before each page, and what the page showed.

    Attributes:
        times: Of the pages, Unix seconds.
        good: Good events since the page before.
        bad: The same of bad ones.
    """

    times: np.ndarray
    good: np.ndarray
    bad: np.ndarray

    def pages(self) -> Iterator[tuple[float, float, float]]:
        """Yield time, good and bad counters as a server prints them, which restarts now and then."""
        good = bad = 0
        for number, at in enumerate(self.times.tolist()):
            if number % RESTART_PAGES == RESTART_PAGES - 1:
                good = bad = 0
            good, bad = good + int(self.good[number]), bad + int(self.bad[number])
            yield at, float(good), float(bad)

    def truth(self, since: float, until: float) -> tuple[int, int]:
        """Return bad and all events after one moment and up to another, added one by one."""
        bad = total = 0
        for at, good_here, bad_here in zip(
            self.times.tolist(), self.good.tolist(), self.bad.tolist(), strict=True
        ):
            if since < at <= until:
                bad, total = bad + bad_here, total + bad_here + good_here
        return bad, total


def day_and_night(*, start: int, seed: int = 1) -> History:
    """Make the history: 20 times the traffic by day, and an hour of failures every third midnight."""
    rng = np.random.default_rng(seed)
    page = np.arange(DAYS * 86_400 // STEP)
    hour, day = page * STEP // 3600 % 24, page * STEP // 86_400
    rate = np.where((hour >= 8) & (hour < 20), DAY_RATE, NIGHT_RATE) * STEP / 60
    total = rng.poisson(rate)
    total[0] = 0  # what the first page shows happened before
    times = start + page * STEP + PHASE + rng.uniform(-JITTER, JITTER, len(page)).round(3)
    bad = rng.binomial(total, np.where((hour == 0) & (day % 3 == 0), BAD_SHARE, 0.0))
    return History(times=times, good=total - bad, bad=bad)
