"""What one running sum counts: which series, on which pages, and whether they are counters."""

from collections.abc import Mapping
from dataclasses import dataclass

from slo.label_parts import Split
from slo.selector import Selector
from slo.threshold import Readings

__all__ = ["Tally"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One running sum.

    Attributes:
        selectors: Series whose sum it is.
        sources: Pages that it is counted on; all when None.
        periodic: Whether they are figures given anew for each period, and no counters.
        readings: How readings of gauges are counted; None where they are no gauges.
        split: Which labels it is counted apart by as well; None when by none.
        heir_of: Key of a wider tally from which it goes on: what that one saw before is the beginning
            here, too. Empty when there is none.
    """

    selectors: tuple[Selector, ...]
    sources: frozenset[str] | None
    periodic: bool
    readings: Readings | None = None
    split: Split | None = None
    heir_of: str = ""

    @property
    def text(self) -> str:
        """Return what is counted, as people write it."""
        return " + ".join(map(str, self.selectors))

    def wants(self, source: str) -> bool:
        """Whether it is counted on a page."""
        return self.sources is None or source in self.sources

    def counts(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether it counts a series."""
        return any(selector.selects(name, labels) for selector in self.selectors)
