"""SLOs that are one for each set of label values: their members are found on the pages.

A member is a promise of its own in everything: counts, budget, alerts, gate. The family itself is
counted too, over all its members, and calls nobody. A set that was once met is remembered, so that
its budget and its alerts outlive a restart during which it was on no page.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from controlplane.promise import Promise
from controlplane.promise_book import PromiseBook
from controlplane.store.slo_members import SloMemberStore
from slo import LabelSets, SloSpec, name_of_set, sets_shown

__all__ = ["Families"]

Series = Sequence[tuple[str, Mapping[str, str]]]
MOST_SEEN = 10_000
"""So many pages are known not to show anything new."""


class Families:
    """Finds members and puts them into the book.

    Args:
        book: Of all promises.
        store: Where members are remembered.

    Attributes:
        book: Of all promises.
        left_out: How many sets a family was shown beyond its limit, by its name.
    """

    def __init__(self, book: PromiseBook, store: SloMemberStore) -> None:
        self.left_out: dict[str, int] = {}
        self.book = book
        self._store = store
        self._members: dict[str, dict[tuple[str, ...], str]] = {}
        self._beyond: dict[str, set[tuple[str, ...]]] = {}
        self._seen: dict[tuple[str, str], Series] = {}

    def restore(self) -> None:
        """Take up the members that were met before."""
        for row in self._store.list():
            family = self.book.get(row.family)
            sets = None if family is None else family.slo.each
            if family is None or sets is None or row.values.keys() != set(sets.labels):
                continue  # the family is gone, or is another now
            values = tuple(row.values[name] for name in sets.labels)
            for member in self._new(family.slo, sets, [values]):
                self._join(family, member)

    def members(self, family: str) -> tuple[str, ...]:
        """Return the names of a family's members."""
        return tuple(self._members.get(family, {}).values())

    def forget(self, family: str) -> tuple[str, ...]:
        """Let the members of a family go that is no more, or is another now; return their names."""
        gone = self.members(family)
        for name in gone:
            self.book.remove(name)
        self._members.pop(family, None)
        self._beyond.pop(family, None)
        self.left_out.pop(family, None)
        self._seen = {key: series for key, series in self._seen.items() if key[0] != family}
        return gone

    def meet(
        self, service: str, source: str, series: Series, *, now: float, only: str = ""
    ) -> None:
        """Take up the members of a service's families that a page shows.

        Args:
            service: Whose page it is.
            source: Name of the page.
            series: Names and labels; the same object for as long as the layout stays.
            now: Unix seconds.
            only: The one family that is counted on this page; those of pages when empty.
        """
        for family in self.book.of_service(service):
            sets, name = family.slo.each, family.slo.name
            if (name != only) if only else family.engine:
                continue
            if sets is None or self._seen.get((name, source)) is series:
                continue
            if len(self._seen) >= MOST_SEEN:
                self._seen.clear()  # pages of targets that are gone are not kept for ever
            self._seen[name, source] = series
            shown = sets_shown(sets.labels, family.slo.sli.whole, series)
            new = self._new(family.slo, sets, shown)
            if new:
                self._store.add(new, now=now)
            for member in new:
                self._join(family, member)

    def _new(
        self, family: SloSpec, sets: LabelSets, shown: Iterable[tuple[str, ...]]
    ) -> list[SloSpec]:
        """Return the members that are not known yet; those for which there is no room are told."""
        known = self._members.setdefault(family.name, {})
        found: list[SloSpec] = []
        for values in shown:
            if values in known:
                continue
            member = _member(family, sets, values)
            if len(known) + len(found) < sets.limit and member.name not in self.book:
                found.append(member)
                continue
            beyond = self._beyond.setdefault(family.name, set())
            if len(beyond) < sets.limit:  # enough to tell that there are more
                beyond.add(values)
            self.left_out[family.name] = len(beyond)
        return found

    def _join(self, family: Promise, member: SloSpec) -> None:
        """Take up a member; rules and pages are its family's."""
        values = tuple(member.values.values())
        self._members.setdefault(member.family, {})[values] = member.name
        self.book.put(replace(family, slo=member))


def _member(family: SloSpec, sets: LabelSets, values: tuple[str, ...]) -> SloSpec:
    """Return the SLO of one set."""
    named = dict(zip(sets.labels, values, strict=True))
    return replace(
        family,
        name=name_of_set(family.name, values),
        sli=family.sli.where(named),
        each=None,
        family=family.name,
        values=named,
    )
