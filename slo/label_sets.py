"""One SLO over many label sets: each set of values that the pages show is an SLO of its own."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from slo.selector import Selector

__all__ = ["LabelSets", "name_of_set", "sets_shown"]

LONGEST_NAME = 63
HASHED = 8
_ODD = re.compile(r"[^a-zA-Z0-9._-]+", re.ASCII)
_MARKED = re.compile(r"-[0-9a-f]{8}\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSets:
    """By which labels, and of how many sets at most.

    Attributes:
        labels: Their names, in order.
        limit: How many sets are watched; those that come later are told and are not.
    """

    labels: tuple[str, ...]
    limit: int = 100


def sets_shown(
    labels: Sequence[str],
    selectors: Iterable[Selector],
    series: Iterable[tuple[str, Mapping[str, str]]],
) -> list[tuple[str, ...]]:
    """Return the sets of values of series that some selector means, in the order they are seen.

    A label that a series lacks counts as empty; series that lack all of them are of no set.

    >>> series = [("n", {"model": "a"}), ("n", {"model": "b", "code": "5"}), ("n", {}), ("m", {"model": "c"})]
    >>> sets_shown(["model"], [Selector(name="n")], series)
    [('a',), ('b',)]
    """
    by_name: dict[str, list[Selector]] = {}
    for selector in selectors:
        by_name.setdefault(selector.name, []).append(selector)
    found: dict[tuple[str, ...], None] = {}
    for name, held in series:
        values = tuple(held.get(label, "") for label in labels)
        if values in found or not any(values):
            continue
        if any(each.selects(name, held) for each in by_name.get(name, ())):
            found[values] = None
    return list(found)


def name_of_set(family: str, values: Sequence[str]) -> str:
    """Return the name of the SLO of one set: that of its family, and the values.

    What a name cannot hold is left out, and a mark of the whole stands in its place; what looks as if
    it was marked is marked as well, so that two sets have two names.

    >>> name_of_set("fast", ["llama-3", "team-a"])
    'fast:llama-3:team-a'
    >>> name_of_set("fast", ["Qwen/Qwen3"])
    'fast:Qwen-Qwen3-34744e7c'
    >>> name_of_set("fast", ["Qwen-Qwen3-34744e7c"])
    'fast:Qwen-Qwen3-34744e7c-43029dee'
    """
    plain = [_ODD.sub("-", value) for value in values]
    name = ":".join([family, *plain])
    if plain == list(values) and len(name) <= LONGEST_NAME and not _MARKED.search(name):
        return name
    mark = sha256("\0".join([family, *values]).encode()).hexdigest()[:HASHED]
    return f"{name[: LONGEST_NAME - HASHED - 1]}-{mark}"
