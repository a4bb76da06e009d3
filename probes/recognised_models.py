"""Which models and versions a page is about, and which names are perhaps a client's own. Pure.

Some servers copy into a label whatever a client asked for, so a scan of unknown names looks like a
fleet of failing models. A name of which nothing ever succeeded, beside names of which something did,
is kept apart with the reason.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from probes.indicators import Indicator, Ratio
from probes.server_profile import ServerProfile
from slo import Selector

__all__ = ["Samples", "matching", "models_of"]

Samples = Mapping[str, Sequence[tuple[Mapping[str, str], float]]]
"""Labels and value of each sample, by name."""

Versions = Mapping[str, tuple[str, ...]]


def matching(selector: Selector, samples: Samples) -> list[tuple[Mapping[str, str], float]]:
    """Return the samples that a selector means."""
    return [
        (labels, value)
        for labels, value in samples.get(selector.name, ())
        if selector.selects(selector.name, labels)
    ]


def models_of(
    profile: ServerProfile, present: Sequence[Indicator], samples: Samples
) -> tuple[Versions, Mapping[str, str]]:
    """Return versions by model, and the names that are kept apart with the reason.

    Args:
        profile: Of the server.
        present: Its indicators that have samples, in the profile's order.
        samples: Of its pages.
    """
    if profile.identity is not None and profile.identity.family in samples:
        who = profile.identity
        labels = [labels for labels, _ in samples[who.family]]
        return _told(profile, _versions(labels, who.model, who.version)), {}
    told = [one for one in present if one.model or one.version]
    if not told:
        return {}, {}
    # The first that tells decides what a model is; others may name other things by other labels.
    label = told[0].model
    same = [one for one in told if one.model == label]
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one in same:
        seen = [labels for selector in one.needs for labels, _ in matching(selector, samples)]
        for model, versions in _versions(seen, label, one.version).items():
            found[model] |= versions
    ratios = [one for one in same if isinstance(one, Ratio)]
    doubtful = _doubtful(ratios, samples) if label else {}
    known = {model: found[model] for model in found if model not in doubtful}
    return _told(profile, known), doubtful


def _versions(
    series: Iterable[Mapping[str, str]], model: str, version: str
) -> Mapping[str, set[str]]:
    """Return versions by model; of series that name no model where others do, nothing."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for labels in series:
        name = labels.get(model, "") if model else ""
        if name or not model:
            found[name].add(labels.get(version, "") if version else "")
    return found


def _told(profile: ServerProfile, found: Mapping[str, set[str]]) -> Versions:
    """Return them sorted, without what is no version."""
    silent = {"", *profile.not_versions}
    return {model: tuple(sorted(found[model] - silent)) for model in sorted(found)}


def _doubtful(ratios: Iterable[Ratio], samples: Samples) -> Mapping[str, str]:
    totals: defaultdict[str, float] = defaultdict(float)
    goods: defaultdict[str, float] = defaultdict(float)
    for ratio in ratios:
        total = _by_model(ratio.total, ratio.model, samples)
        part = _by_model(ratio.good or ratio.bad, ratio.model, samples)
        for model, count in total.items():
            totals[model] += count
            goods[model] += part[model] if ratio.good else count - part[model]
    if not any(good > 0.0 for good in goods.values()):
        return {}  # everything fails: that is an outage, not a stranger's name
    return {
        model: f"none of its {count:g} requests succeeded: perhaps a name that clients made up"
        for model, count in sorted(totals.items())
        if model and count > 0.0 and goods[model] <= 0.0
    }


def _by_model(
    selectors: Iterable[Selector], label: str, samples: Samples
) -> defaultdict[str, float]:
    counts: defaultdict[str, float] = defaultdict(float)
    for selector in selectors:
        for labels, value in matching(selector, samples):
            if value == value:  # noqa: PLR0124 -- NaN: nothing happened
                counts[labels.get(label, "")] += value
    return counts
