"""Which servers a page belongs to, and which of their indicators it holds. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import inf

from probes.exposition import Page
from probes.indicators import Distribution, Indicator, Level, Ratio, Shape
from probes.recognised_models import Samples, matching, models_of
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["Detected", "Found", "detect", "hold_against"]

SUFFIXES = ("", "_bucket", "_count", "_sum", "_total")
NO_SOURCE = 99
"""Behind all sources: a page without requests is never what an SLO rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An indicator that a page holds.

    Attributes:
        indicator: The preferred one of its name.
        also: Others of the same name that have samples on the page too.
        sampled: False when the page only declares it and shows no sample yet.
        edges: Of a histogram: its ``le`` labels by bucket edge in the indicator's unit, rising.
    """

    indicator: Indicator
    also: tuple[Indicator, ...]
    sampled: bool
    edges: Mapping[float, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """A server that a page belongs to.

    Attributes:
        profile: Its kind.
        confidence: ``certain``: its own metrics have samples; ``likely``: they are only declared.
        signature: The families by which it was recognised.
        found: The indicators of its profile that the page holds, in the profile's order.
        missing: Names of indicators that its profile knows and the page lacks.
        models: Versions by model, as far as labels tell. The model is empty where labels name
            versions only.
        doubtful: Why a name is not among the models, by name: perhaps a client made it up.
    """

    profile: ServerProfile
    confidence: str
    signature: tuple[str, ...]
    found: tuple[Found, ...]
    missing: tuple[str, ...]
    models: Mapping[str, tuple[str, ...]]
    doubtful: Mapping[str, str]


def detect(page: Page, profiles: Iterable[ServerProfile]) -> tuple[Detected, ...]:
    """Return the servers that a page belongs to; one page can hold several.

    The one whose requests are counted nearest to the client comes first, and what counts no
    requests last.

    Args:
        page: As scraped.
        profiles: The kinds of server that are known, for example ``installed("trimtab.servers")``.
    """
    samples = _samples([page])
    names = samples.keys() | page.layout.types.keys()
    found = []
    for profile in profiles:
        signature = _signature(profile, names, samples)
        if signature is not None:
            certain = any(_is_there(family, samples.keys(), samples) for family in signature)
            confidence = "certain" if certain else "likely"
            found.append(hold_against(profile, [page], confidence, signature))
    return tuple(sorted(found, key=_rank))


def hold_against(
    profile: ServerProfile, pages: Sequence[Page], confidence: str, signature: tuple[str, ...]
) -> Detected:
    """Return which indicators of a profile some pages hold, for example those of all replicas."""
    samples = _samples(pages)
    types = {family: kind for page in pages for family, kind in page.layout.types.items()}
    by_name: dict[str, list[tuple[Indicator, bool]]] = {}
    for indicator in profile.indicators:
        there = by_name.setdefault(indicator.name, [])
        if _is_so_declared(indicator, types):
            sampled = any(matching(selector, samples) for selector in indicator.needs)
            if sampled or any(_declares(selector, types.keys()) for selector in indicator.needs):
                there.append((indicator, sampled))
    found = tuple(_found(candidates, samples) for candidates in by_name.values() if candidates)
    models, doubtful = models_of(profile, list(_sampled(found)), samples)
    return Detected(
        profile=profile,
        confidence=confidence,
        signature=signature,
        found=found,
        missing=tuple(name for name, candidates in by_name.items() if not candidates),
        models=models,
        doubtful=doubtful,
    )


def _samples(pages: Iterable[Page]) -> Samples:
    by_name: defaultdict[str, list[tuple[Mapping[str, str], float]]] = defaultdict(list)
    for page in pages:
        values: list[float] = page.values.tolist()
        for (name, labels), value in zip(page.layout.series, values, strict=True):
            by_name[name].append((labels, value))
    return dict(by_name)


def _rank(detected: Detected) -> tuple[int, bool]:
    sources = (one.source for one in _sampled(detected.found) if isinstance(one, Ratio))
    return min(sources, default=NO_SOURCE), detected.confidence != "certain"


def _sampled(found: Iterable[Found]) -> Iterator[Indicator]:
    for one in found:
        if one.sampled:
            yield from (one.indicator, *one.also)


def _signature(
    profile: ServerProfile, names: AbstractSet[str], samples: Samples
) -> tuple[str, ...] | None:
    if any(_is_there(family, names, samples) for family in profile.without):
        return None
    for signature in profile.signatures:
        if all(_is_there(family, names, samples) for family in signature):
            return signature
    return None


def _is_there(family: str, names: AbstractSet[str], samples: Samples) -> bool:
    if family.endswith("*"):
        return any(name.startswith(family[:-1]) for name in names)
    if family.endswith("}"):
        return any(matching(selector, samples) for selector in parse_selectors(family))
    # A TYPE line names a histogram or an OpenMetrics counter without the suffixes of its samples.
    return family in names or any(
        family + suffix in names or (suffix and family.removesuffix(suffix) in names)
        for suffix in SUFFIXES
    )


def _is_so_declared(indicator: Indicator, types: Mapping[str, str]) -> bool:
    if isinstance(indicator, Level) or indicator.declared is None:
        return True
    family, kind = indicator.declared
    return types.get(family) == kind


def _declares(selector: Selector, declared: AbstractSet[str]) -> bool:
    """Whether a TYPE line announces it; such a line names a family without its suffixes."""
    return any(selector.name.removesuffix(suffix) in declared for suffix in SUFFIXES)


def _found(candidates: list[tuple[Indicator, bool]], samples: Samples) -> Found:
    # What has samples goes before what is only declared; the profile's order decides the rest.
    indicator, sampled = next((one for one in candidates if one[1]), candidates[0])
    return Found(
        indicator=indicator,
        also=tuple(one for one, seen in candidates if seen and one is not indicator),
        sampled=sampled,
        edges=_edges(indicator, samples),
    )


def _edges(indicator: Indicator, samples: Samples) -> Mapping[float, str]:
    if not isinstance(indicator, Distribution) or indicator.shape is not Shape.HISTOGRAM:
        return {}
    written = {
        labels["le"]
        for selector in indicator.needs
        for labels, _ in matching(selector, samples)
        if "le" in labels
    }
    edges = {edge: le for le in sorted(written) if (edge := indicator.scaled(le)) < inf}
    return dict(sorted(edges.items()))
