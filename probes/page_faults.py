"""What is wrong with a page that can be read: histograms that cannot be relied on. Pure.

Such a page is not refused, for its other metrics are sound; people are told.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import inf

from probes.exposition import Page

__all__ = ["page_faults"]

MOST_FAULTS = 20
Ladder = list[tuple[float, float]]


def page_faults(page: Page) -> tuple[str, ...]:
    """Return what is wrong, one sentence each, at most twenty."""
    ladders: defaultdict[tuple[str, frozenset[tuple[str, str]]], Ladder] = defaultdict(list)
    faults: list[str] = []
    values: list[float] = page.values.tolist()
    for (name, labels), value in zip(page.layout.series, values, strict=True):
        if name.endswith("_bucket"):
            edge = _edge(labels.get("le", ""))
            if edge is None:
                faults.append(f"{name} has a bucket whose edge is {labels.get('le', 'missing')!r}")
            else:
                who = frozenset((k, v) for k, v in labels.items() if k != "le")
                ladders[name, who].append((edge, value))
    for (name, _), ladder in ladders.items():
        faults.extend(_faults_of(name, sorted(ladder)))
    return tuple(dict.fromkeys(faults))[:MOST_FAULTS]


def _faults_of(name: str, ladder: Ladder) -> Iterator[str]:
    if ladder[-1][0] != inf:
        yield f"{name} has no bucket +Inf: what is beyond {ladder[-1][0]:g} is not seen"
    for (edge, count), (next_edge, next_count) in pairwise(ladder):
        if next_count < count:
            yield f"{name} falls from {count:g} at {edge:g} to {next_count:g} at {next_edge:g}"
            return


def _edge(text: str) -> float | None:
    try:
        edge = float(text)
    except ValueError:
        return None
    return edge if edge == edge else None  # noqa: PLR0124 -- NaN
