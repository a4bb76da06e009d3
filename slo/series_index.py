"""Where series stand, by name and by what their labels say: nobody has to look at all of them."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from slo.selector import Matcher, Selector

__all__ = ["SeriesIndex"]

Series = tuple[str, Mapping[str, str]]


class SeriesIndex:
    """Series by name and labels; what is not asked for is not looked at.

    Args:
        given: Names and labels.

    >>> index = SeriesIndex([("n", {"model": "a"}), ("m", {}), ("n", {"model": "b"})])
    >>> index.positions([Selector(name="n").where(model="b"), Selector(name="m")])
    [1, 2]
    """

    def __init__(self, given: Iterable[Series]) -> None:
        self._given = given
        self._by_label: dict[tuple[str, str], dict[str, list[int]]] = {}

    @cached_property
    def series(self) -> tuple[Series, ...]:
        """Return all of them."""
        return tuple(self._given)

    def positions(self, selectors: Iterable[Selector]) -> list[int]:
        """Return where the series stand that some selector means, rising."""
        return sorted(
            {
                at
                for selector in selectors
                for at in self._candidates(selector)
                if selector.selects(*self.series[at])
            }
        )

    def labels(self, selector: Selector) -> list[Mapping[str, str]]:
        """Return the labels of the series that a selector means."""
        return [self.series[at][1] for at in self.positions([selector])]

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for at, (name, _) in enumerate(self.series):
            found.setdefault(name, []).append(at)
        return found

    def _candidates(self, selector: Selector) -> list[int]:
        """Return the fewest places among which all must be that a selector means."""
        equal = [m for m in selector.matchers if m.operator == "=" and m.value]
        narrowed = [self._saying(selector.name, matcher) for matcher in equal]
        return min(narrowed, key=len, default=self._by_name.get(selector.name, []))

    def _saying(self, name: str, matcher: Matcher) -> list[int]:
        """Return where series of a name stand of which a label has that value."""
        key = name, matcher.label
        if key not in self._by_label:
            found: dict[str, list[int]] = {}
            for at in self._by_name.get(name, []):
                found.setdefault(self.series[at][1].get(matcher.label, ""), []).append(at)
            self._by_label[key] = found
        return self._by_label[key].get(matcher.value, [])
