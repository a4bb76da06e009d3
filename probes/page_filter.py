"""Asking a server only for what is used: ``name[]``, where it can do that. Pure.

To print a page costs a Python server ten times what it costs us to read it, so what is not printed
saves more than anything we could do here. A server that does not know ``name[]`` prints everything;
one that knows it badly leaves out what was asked for. Both are found out and remembered.
Source: prometheus_client, client_java and client_golang answer ``name[]``.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum

__all__ = ["FilterState", "PageFilter", "answered", "names_to_ask"]

WORTH_IT = 0.8
"""Asking for less is worth it where less than this share of the names is used."""

MOST_NAMES = 100
"""More do not fit into an address that every server takes."""


class FilterState(StrEnum):
    """How far a target is known."""

    UNTRIED = "untried"
    TRYING = "trying"
    HONOURED = "honoured"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFilter:
    """What is known about a target.

    Attributes:
        state: How far.
        seen: Names that are used and that some page of it held.
        reason: Why, for people.
    """

    state: FilterState = FilterState.UNTRIED
    seen: frozenset[str] = frozenset()
    reason: str = "not tried yet"


def names_to_ask(known: PageFilter, wanted: AbstractSet[str]) -> tuple[str, ...]:
    """Return the names to ask for; none means the whole page."""
    if known.state in (FilterState.UNTRIED, FilterState.REFUSED) or len(wanted) > MOST_NAMES:
        return ()
    return tuple(sorted(wanted))


def answered(
    known: PageFilter, names: AbstractSet[str], wanted: AbstractSet[str], *, asked: bool
) -> PageFilter:
    """Return what is known after a page.

    Args:
        known: Before it.
        names: Names of the samples on it.
        wanted: Names that are used.
        asked: Whether it was asked for by name.
    """
    used = frozenset(names & wanted)
    if not asked:
        if known.state is not FilterState.UNTRIED or not used:
            return known
        if len(used) > WORTH_IT * len(names):
            return replace(known, seen=used, reason="nearly all of the page is used")
        return PageFilter(state=FilterState.TRYING, seen=used, reason="trying name[]")
    missing = known.seen - names
    if missing:
        why = f"name[] loses {min(missing)}"
        return PageFilter(state=FilterState.REFUSED, seen=known.seen, reason=why)
    if known.state is FilterState.TRYING and names - wanted:
        why = "the server does not know name[]"
        return PageFilter(state=FilterState.REFUSED, seen=known.seen, reason=why)
    why = "only what is used is asked for"
    return PageFilter(state=FilterState.HONOURED, seen=known.seen | used, reason=why)
