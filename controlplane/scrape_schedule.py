"""When which target is scraped: groups that fire together, each target with a phase of its own. Pure.

To wake up costs more than to read a page, so targets of one interval are asked in groups; within an
interval the groups are spread evenly. A target stays in its group for as long as it is there, so its
scrapes stay one interval apart whatever comes and goes around it.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor

__all__ = ["Due", "ScrapeSchedule"]

GROUP_SIZE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Targets to scrape now, and when they were due."""

    at: float
    names: tuple[str, ...]


Slot = tuple[float, int]


class ScrapeSchedule:
    """Groups by interval.

    Args:
        group_size: Targets that fire together; 1 spreads all of them evenly.
    """

    def __init__(self, *, group_size: int = GROUP_SIZE) -> None:
        self._size = group_size
        self._slot_of: dict[str, Slot] = {}
        self._members: defaultdict[Slot, dict[str, None]] = defaultdict(dict)
        self._next: dict[Slot, float] = {}

    def fit(self, intervals: Mapping[str, float], *, now: float) -> None:
        """Take in new targets, let go those that are gone.

        Args:
            intervals: Seconds between two scrapes, by target.
            now: On the clock that `due` is asked with.
        """
        for name, slot in list(self._slot_of.items()):
            if intervals.get(name) != slot[0]:
                del self._slot_of[name]
                self._members[slot].pop(name)
                if not self._members[slot]:
                    del self._members[slot], self._next[slot]
        counts: defaultdict[float, int] = defaultdict(int)
        for interval in intervals.values():
            counts[interval] += 1
        for name, interval in intervals.items():
            if name not in self._slot_of:
                self._join(name, interval, ceil(counts[interval] / self._size), now)

    def due(self, now: float) -> list[Due]:
        """Return what is due, and set when it is due again; scrapes that were missed are skipped."""
        found = []
        for slot, at in self._next.items():
            if at <= now:
                interval = slot[0]
                self._next[slot] = at + interval * (floor((now - at) / interval) + 1)
                found.append(Due(at=at, names=tuple(self._members[slot])))
        return found

    def next_at(self) -> float | None:
        """Return when the next group is due; None without targets."""
        return min(self._next.values(), default=None)

    def _join(self, name: str, interval: float, groups: int, now: float) -> None:
        """Join the smallest group; the phases of groups fill the interval evenly, however many."""
        slots = [(interval, number) for number in range(groups)]
        slot = min(slots, key=lambda one: (len(self._members.get(one, ())), one[1]))
        self._slot_of[name] = slot
        self._members[slot][name] = None
        if slot not in self._next:
            start = _halved(slot[1]) * interval
            self._next[slot] = start + interval * ceil((now - start) / interval)


def _halved(number: int) -> float:
    """Return 0, 1/2, 1/4, 3/4, 1/8, ...: each new phase falls into the widest gap there is."""
    phase, part = 0.0, 0.5
    while number:
        phase += part * (number & 1)
        number, part = number >> 1, part / 2
    return phase
