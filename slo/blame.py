"""Who spends the budget: bad events by what labels say, in parts that add up to the whole."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slo.errors import InvalidSpec
from slo.label_parts import REST
from slo.sli import Counts

__all__ = ["Blamed", "blame"]

UNATTRIBUTED = "(not told apart)"
"""What was counted before the labels were looked at, or is counted by no series of theirs."""

OTHERS = "(others)"
"""All values beyond the limit together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blamed:
    """One part of the whole.

    Attributes:
        values: What the labels say, in their order; one word in brackets for what has no values.
        bad: Bad events.
        total: All events.
        share_of_bad: Of the whole's bad events; None when there are none.
        share_of_total: Of the whole's events; None when there are none.
        excess: Bad events beyond what its share of the traffic would have at the whole's error
            ratio: these are the ones to explain. They add up to 0.
    """

    values: tuple[str, ...]
    bad: int
    total: int
    share_of_bad: float | None
    share_of_total: float | None
    excess: float


def blame(
    parts: Mapping[tuple[str, ...], Counts],
    whole: Counts,
    *,
    labels: Sequence[str] = (),
    by: Sequence[str] = (),
) -> tuple[Blamed, ...]:
    """Return the parts, the one with the most unexplained bad events first; they add up to the whole.

    Args:
        parts: Counts by what the labels say; ``(REST,)`` holds those beyond the limit.
        whole: Counts of all of them together, and of what no part holds.
        labels: Names of the labels, in the order of the values.
        by: Those that are asked for; all of them when empty.

    Raises:
        InvalidSpec: A label that is asked for is none of those that were looked at.

    >>> a, b = Counts(good=5, total=10), Counts(good=90, total=90)
    >>> found = blame({("a",): a, ("b",): b}, Counts(good=95, total=100))
    >>> [(each.values, each.bad, each.share_of_bad, each.excess) for each in found]
    [(('a',), 5, 1.0, 4.5), (('b',), 0, 0.0, -4.5)]
    """
    places = _places(labels, by)
    bad: dict[tuple[str, ...], int] = defaultdict(int)
    total: dict[tuple[str, ...], int] = defaultdict(int)
    for values, counts in parts.items():
        seen = (OTHERS,) if values == (REST,) else _chosen(values, places)
        bad[seen] += counts.bad
        total[seen] += counts.total
    left = whole.bad - sum(bad.values()), whole.total - sum(total.values())
    if left != (0, 0):
        bad[UNATTRIBUTED,], total[UNATTRIBUTED,] = left
    found = [_blamed(values, bad[values], total[values], whole) for values in bad]
    return tuple(sorted(found, key=lambda each: (-each.excess, each.values)))


def _places(labels: Sequence[str], by: Sequence[str]) -> list[int] | None:
    unknown = [name for name in by if name not in labels]
    if unknown:
        msg = (
            f"No parts are counted by {unknown[0]!r}; known labels: {', '.join(labels) or 'none'}."
        )
        raise InvalidSpec(msg)
    return [labels.index(name) for name in by] if by else None


def _chosen(values: tuple[str, ...], places: list[int] | None) -> tuple[str, ...]:
    return values if places is None else tuple(values[place] for place in places)


def _blamed(values: tuple[str, ...], bad: int, total: int, whole: Counts) -> Blamed:
    ratio = whole.error_ratio or 0.0
    return Blamed(
        values=values,
        bad=bad,
        total=total,
        share_of_bad=bad / whole.bad if whole.bad else None,
        share_of_total=total / whole.total if whole.total else None,
        excess=bad - total * ratio,
    )
