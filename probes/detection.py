"""Which servers a page belongs to, and which of their indicators it holds. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from probes.exposition import Page
from probes.indicators import Distribution, Indicator, Ratio, Shape
from probes.server_profile import ServerProfile
from slo import Selector

__all__ = ["Detected", "Found", "detect", "hold_against"]

Series = Sequence[tuple[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An indicator that a page holds.

    Attributes:
        indicator: The preferred one of its name.
        also: Others of the same name that the page holds too.
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
        models: Versions by model, as far as labels tell.
    """

    profile: ServerProfile
    confidence: str
    signature: tuple[str, ...]
    found: tuple[Found, ...]
    missing: tuple[str, ...]
    models: Mapping[str, tuple[str, ...]]


def detect(page: Page, profiles: Iterable[ServerProfile]) -> tuple[Detected, ...]:
    """Return the servers that a page belongs to; one page can hold several.

    Args:
        page: As scraped.
        profiles: The kinds of server that are known, for example ``installed("trimtab.servers")``.
    """
    sampled = frozenset(name for name, _ in page.layout.series)
    names = sampled | set(page.layout.types)
    found = []
    for profile in profiles:
        signature = _signature(profile, names)
        if signature is not None:
            certain = any(_is_there(family, sampled) for family in signature)
            confidence = "certain" if certain else "likely"
            found.append(hold_against(profile, [page], confidence, signature))
    return tuple(found)


def hold_against(
    profile: ServerProfile, pages: Sequence[Page], confidence: str, signature: tuple[str, ...]
) -> Detected:
    """Return which indicators of a profile some pages hold, for example those of all replicas."""
    series = [one for page in pages for one in page.layout.series]
    declared = {family for page in pages for family in page.layout.types}
    names: defaultdict[str, list[Mapping[str, str]]] = defaultdict(list)
    for name, labels in series:
        names[name].append(labels)
    by_name: dict[str, list[tuple[Indicator, bool]]] = {}
    known: dict[str, None] = {}
    for indicator in profile.indicators:
        known[indicator.name] = None
        sampled = any(_matching(selector, names) for selector in indicator.needs)
        if sampled or any(_declares(selector, declared) for selector in indicator.needs):
            by_name.setdefault(indicator.name, []).append((indicator, sampled))
    found = tuple(_found(candidates, names) for candidates in by_name.values())
    return Detected(
        profile=profile,
        confidence=confidence,
        signature=signature,
        found=found,
        missing=tuple(name for name in known if name not in by_name),
        models=_models(profile, found, names),
    )


def _signature(profile: ServerProfile, names: frozenset[str]) -> tuple[str, ...] | None:
    if any(_is_there(family, names) for family in profile.without):
        return None
    for signature in profile.signatures:
        if all(_is_there(family, names) for family in signature):
            return signature
    return None


def _is_there(family: str, names: Iterable[str]) -> bool:
    if family.endswith("*"):
        return any(name.startswith(family[:-1]) for name in names)
    return family in set(names)


def _matching(
    selector: Selector, names: Mapping[str, list[Mapping[str, str]]]
) -> list[Mapping[str, str]]:
    return [
        labels for labels in names.get(selector.name, ()) if selector.selects(selector.name, labels)
    ]


def _declares(selector: Selector, declared: set[str]) -> bool:
    """Whether a TYPE line announces it; such a line names a family without its suffixes."""
    suffixes = ("", "_bucket", "_count", "_sum", "_total")
    return any(selector.name.removesuffix(suffix) in declared for suffix in suffixes)


def _found(
    candidates: list[tuple[Indicator, bool]], names: Mapping[str, list[Mapping[str, str]]]
) -> Found:
    # What has samples goes before what is only declared; the profile's order decides the rest.
    ordered = sorted(candidates, key=lambda candidate: not candidate[1])
    indicator, sampled = ordered[0]
    return Found(
        indicator=indicator,
        also=tuple(other for other, _ in ordered[1:]),
        sampled=sampled,
        edges=_edges(indicator, names),
    )


def _edges(
    indicator: Indicator, names: Mapping[str, list[Mapping[str, str]]]
) -> Mapping[float, str]:
    if not isinstance(indicator, Distribution) or indicator.shape is not Shape.HISTOGRAM:
        return {}
    written = {
        labels["le"]
        for selector in indicator.needs
        for labels in _matching(selector, names)
        if "le" in labels
    }
    edges = {edge: le for le in sorted(written) if (edge := indicator.scaled(le)) < inf}
    return dict(sorted(edges.items()))


def _models(
    profile: ServerProfile,
    found: tuple[Found, ...],
    names: Mapping[str, list[Mapping[str, str]]],
) -> Mapping[str, tuple[str, ...]]:
    versions: defaultdict[str, set[str]] = defaultdict(set)
    if profile.identity is not None:
        for labels in names.get(profile.identity.family, ()):
            model = labels.get(profile.identity.model, "")
            versions[model].add(labels.get(profile.identity.version, ""))
    for each in found:
        for indicator in (each.indicator, *each.also):
            if isinstance(indicator, Ratio) and indicator.model:
                for selector in indicator.needs:
                    for labels in _matching(selector, names):
                        version = labels.get(indicator.version, "") if indicator.version else ""
                        versions[labels.get(indicator.model, "")].add(version)
    said = {
        model: tuple(sorted(v for v in found_versions if v and v not in profile.not_versions))
        for model, found_versions in versions.items()
        if model
    }
    return dict(sorted(said.items()))
