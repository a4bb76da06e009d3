"""A tally's parts: the same sum again, apart by what some labels say, and never more than so many."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

__all__ = ["REST", "TARGET", "PartBook", "Split", "part_values"]

TARGET = "target"
"""A label that every series has here: the name of the page that it stands on."""

REST = "*"
"""Stands for all values that came after the limit was reached."""

MARK = "|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Which labels tell the parts apart.

    Attributes:
        labels: Their names, in order.
        group: Name that tallies share whose parts belong together, as the good and all events do.
        limit: How many parts there may be; what comes later is one more part, the rest.
    """

    labels: tuple[str, ...]
    group: str
    limit: int = 50

    def values(self, labels: Mapping[str, str], source: str) -> tuple[str, ...]:
        """Return what a series' labels say; empty where it has none of that name."""
        return tuple(labels.get(name, source if name == TARGET else "") for name in self.labels)


class PartBook:
    """Remembers which parts there are, so that the limit holds over all pages."""

    def __init__(self) -> None:
        self._known: dict[Split, set[str]] = {}

    def key(self, tally: str, split: Split, values: tuple[str, ...]) -> str:
        """Return the key of the part that these values belong to."""
        known = self._known.setdefault(split, set())
        suffix = orjson.dumps(values).decode()
        if suffix not in known:
            if len(known) >= split.limit:
                return f"{tally}{MARK}{REST}"
            known.add(suffix)
        return f"{tally}{MARK}{suffix}"

    def learn(self, tally: str, split: Split, keys: Iterable[str]) -> None:
        """Take up the parts that were counted before a restart."""
        known = self._known.setdefault(split, set())
        for key in keys:
            name, mark, suffix = key.partition(MARK)
            if mark and name == tally and suffix != REST:
                known.add(suffix)


def part_values(keys: Iterable[str], tally: str) -> dict[tuple[str, ...], str]:
    """Return the parts of a tally: what their labels say, and the key; the rest is ``(REST,)``.

    >>> part_values(['a|["x","1"]', "a|*", "a", 'b|["y","2"]'], "a")
    {('x', '1'): 'a|["x","1"]', ('*',): 'a|*'}
    """
    found = {}
    for key in keys:
        name, mark, suffix = key.partition(MARK)
        if mark and name == tally:
            found[(REST,) if suffix == REST else tuple(orjson.loads(suffix))] = key
    return found
