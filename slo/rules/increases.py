"""What an SLO counts as PromQL: increases of its bad and of all its events over a window.

``sum`` of no series is nothing, and nothing added to something is nothing again; so each counter that no
series tells stands for none, wherever there are events at all.
"""

from dataclasses import dataclass

from slo.composite import CompositeSli, Rule, whole_weights
from slo.errors import UnsupportedSpec
from slo.rules.of_spec import parts_of
from slo.selector import Selector
from slo.sli import RatioSli
from slo.spec import SloSpec

__all__ = ["EventCounts", "counts_of_spec"]

TAKEN = frozenset({"alertname", "service", "severity", "slo"})
"""Labels that the rules themselves set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCounts:
    """The counters of an SLO, and what is made of them.

    Attributes:
        parts: Of one indicator, or of each part of a composite.
        weights: What one event of each part counts.
        any_part: Whether each event is checked by all parts: the first part's are all there are.
        by: Labels by which events are counted apart.
    """

    parts: tuple[RatioSli, ...]
    weights: tuple[int, ...]
    any_part: bool = False
    by: tuple[str, ...] = ()

    @property
    def whole(self) -> tuple[Selector, ...]:
        """Return the selectors of all events, each once."""
        parts = self.parts[:1] if self.any_part else self.parts
        return tuple(dict.fromkeys(selector for part in parts for selector in part.total))

    def total(self, window: str) -> str:
        """Return all events over a window, which is written as ``[5m]``."""
        parts = self.parts[:1] if self.any_part else self.parts
        return self._of_sets(_weighed([self._all(part, window) for part in parts], self.weights))

    def bad(self, window: str) -> str:
        """Return bad events over a window; never more than there are, where parts share events."""
        found = _weighed([self._bad(part, window) for part in self.parts], self.weights)
        if self.any_part:
            most = self._all(self.parts[0], window)
            found = f"({found}) < ({most}) or ({most})"
        return self._of_sets(found)

    def _of_sets(self, text: str) -> str:
        """Leave out what has none of the labels: it is of no set."""
        return f"({text}) unless on ({', '.join(self.by)}) vector(0)" if self.by else text

    def _all(self, part: RatioSli, window: str) -> str:
        return self._sum(part.total, window)

    def _bad(self, part: RatioSli, window: str) -> str:
        if part.bad:
            return self._sum(part.bad, window)
        return f"clamp_min(({self._all(part, window)}) - ({self._sum(part.good, window)}), 0)"

    def _sum(self, selectors: tuple[Selector, ...], window: str) -> str:
        found, whole = [self._one(each, window) for each in selectors], self.whole
        if len(whole) == 1:
            none = f"0 * {self._one(whole[0], window)}"
        else:
            none = f"0 * ({' or '.join(self._one(each, window) for each in whole)})"
        return " + ".join(
            text if whole == (selector,) else f"({text} or {none})"
            for selector, text in zip(selectors, found, strict=True)
        )

    def _one(self, selector: Selector, window: str) -> str:
        by = f" by ({', '.join(self.by)}) " if self.by else ""
        return f"sum{by}(increase({selector}{window}))"


def counts_of_spec(spec: SloSpec) -> EventCounts:
    """Return what an SLO counts.

    Raises:
        UnsupportedSpec: It counts no counters, or apart by a label that rules set themselves.
    """
    by = () if spec.each is None else spec.each.labels
    taken = TAKEN.intersection(by)
    if taken:
        msg = (
            f"SLO {spec.name} is one for each {min(taken)}, and the rules set that label themselves. "
            "Give the series another name for it when they are scraped."
        )
        raise UnsupportedSpec(msg)
    composite = spec.sli if isinstance(spec.sli, CompositeSli) else None
    return EventCounts(
        parts=parts_of(spec),
        weights=(1,) if composite is None else whole_weights(composite),
        any_part=composite is not None and composite.rule is Rule.ANY,
        by=by,
    )


def _weighed(texts: list[str], weights: tuple[int, ...]) -> str:
    """Return the sum of texts, each so many times."""
    return " + ".join(
        text if weight == 1 else f"{weight} * ({text})"
        for text, weight in zip(texts, weights, strict=False)
    )
