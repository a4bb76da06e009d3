"""The canary configuration that Kayenta reads, as far as its judge looks at it.

Kayenta takes an unknown word as the default; so do we, and list it in `notes`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from canary_analysis.errors import CanaryAnalysisError
from canary_analysis.kayenta.classifier import Direction, Effect, Rule

__all__ = ["Config", "InvalidCanaryConfig", "MetricConfig", "Thresholds", "parse_config"]  # fmt: skip

OUTLIER_FACTOR = 3.0
MEASURES = ("meanRatio", "cles")


class InvalidCanaryConfig(CanaryAnalysisError):
    """A canary configuration that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Scores that pass, and that are marginal."""

    passing: float = 95.0
    marginal: float = 75.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricConfig:
    """One metric.

    Attributes:
        name: By which its points are found.
        rule: How it is classified.
        groups: To whose score it adds.
        outlier_factor: Interquartile ranges to the fence; None keeps outliers.
        muted: Shown, not scored.
    """

    name: str
    rule: Rule = field(default_factory=Rule)
    groups: tuple[str, ...] = ("metrics",)
    outlier_factor: float | None = None
    muted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All that the judge looks at.

    Attributes:
        metrics: In the order written.
        weights: By group, in per cent.
        thresholds: Of the score.
        notes: Words that Kayenta does not know either, and what is done instead.
    """

    metrics: tuple[MetricConfig, ...]
    weights: Mapping[str, float]
    thresholds: Thresholds
    notes: tuple[str, ...] = ()


def parse_config(value: object) -> Config:
    """Read a configuration: itself, or with ``canaryConfig`` and ``executionRequest`` around it.

    Raises:
        InvalidCanaryConfig: The message names the place.
    """
    whole = _mapping(value, "the configuration")
    inner = _mapping(whole.get("canaryConfig", whole), "canaryConfig")
    listed = inner.get("metrics")
    if not isinstance(listed, list) or not listed:
        msg = "metrics must be a list of at least one metric."
        raise InvalidCanaryConfig(msg)
    notes: list[str] = []
    metrics = tuple(_metric(each, index, notes) for index, each in enumerate(listed))
    names = [metric.name for metric in metrics]
    if len(set(names)) < len(names):
        msg = f"metrics name one twice: {', '.join(names)}."
        raise InvalidCanaryConfig(msg)
    classifier = _mapping(inner.get("classifier") or {}, "classifier")
    weights = _mapping(classifier.get("groupWeights") or {}, "classifier.groupWeights")
    return Config(
        metrics=metrics,
        weights={group: _number(weights, group, 0.0, "groupWeights") for group in weights},
        thresholds=_thresholds(whole, classifier),
        notes=tuple(notes),
    )


def _thresholds(whole: Mapping[str, Any], classifier: Mapping[str, Any]) -> Thresholds:
    """Return those of the request, else those of the configuration, else 95 and 75."""
    request = _mapping(whole.get("executionRequest") or {}, "executionRequest")
    found = (
        request.get("thresholds") or whole.get("thresholds") or classifier.get("scoreThresholds")
    )
    written = _mapping(found or {}, "thresholds")
    return Thresholds(
        passing=_number(written, "pass", 95.0, "thresholds"),
        marginal=_number(written, "marginal", 75.0, "thresholds"),
    )


def _metric(value: object, index: int, notes: list[str]) -> MetricConfig:
    place = f"metrics[{index}]"
    written = _mapping(value, place)
    name, groups = written.get("name"), written.get("groups") or ["metrics"]
    if not isinstance(name, str) or not name:
        msg = f"{place} needs a name."
        raise InvalidCanaryConfig(msg)
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        msg = f"{place}.groups must be a list of names."
        raise InvalidCanaryConfig(msg)
    around = _mapping(
        written.get("analysisConfigurations") or {}, f"{place}.analysisConfigurations"
    )
    canary = _mapping(around.get("canary") or {}, f"{place}.analysisConfigurations.canary")
    outliers = _mapping(canary.get("outliers") or {}, f"{place}.outliers")
    notes.extend(_unknown(name, canary, outliers))
    factor = _number(outliers, "outlierFactor", OUTLIER_FACTOR, place)
    return MetricConfig(
        name=name,
        groups=tuple(groups),
        rule=_rule(canary, place),
        outlier_factor=factor if outliers.get("strategy") == "remove" else None,
        muted=_flag(canary, "muted", place),
    )


def _rule(canary: Mapping[str, Any], place: str) -> Rule:
    effect = _mapping(canary.get("effectSize") or {}, f"{place}.effectSize")
    measure = "cles" if effect.get("measure") == "cles" else "meanRatio"
    usual = 0.5 if measure == "cles" else 1.0
    increase, decrease, critical_increase, critical_decrease = (
        _number(effect, key, usual, f"{place}.effectSize")
        for key in ("allowedIncrease", "allowedDecrease", "criticalIncrease", "criticalDecrease")
    )
    known = canary.get("direction") in tuple(Direction)
    return Rule(
        direction=Direction(canary["direction"]) if known else Direction.EITHER,
        replace_nan=canary.get("nanStrategy") == "replace",
        critical=_flag(canary, "critical", place),
        must_have_data=_flag(canary, "mustHaveData", place),
        effect=Effect(
            measure=measure,
            allowed_increase=increase,
            allowed_decrease=decrease,
            critical_increase=critical_increase,
            critical_decrease=critical_decrease,
        ),
    )


def _unknown(name: str, canary: Mapping[str, Any], outliers: Mapping[str, Any]) -> Iterator[str]:
    """Yield what Kayenta reads as a default without a word."""
    for holder, key, allowed in (
        (canary, "direction", tuple(Direction)),
        (canary, "nanStrategy", ("remove", "replace")),
        (outliers, "strategy", ("keep", "remove")),
        (canary.get("effectSize") or {}, "measure", MEASURES),
    ):
        if key in holder and holder[key] not in allowed:
            yield f"{name}: {key} {holder[key]!r} is read as the default; write {' or '.join(allowed)}"


def _mapping(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        msg = f"{place} must be an object, not {type(value).__name__}."
        raise InvalidCanaryConfig(msg)
    return value


def _number(holder: Mapping[str, Any], key: str, usual: float, place: str) -> float:
    found = holder.get(key, usual)
    if isinstance(found, bool) or not isinstance(found, int | float):
        msg = f"{place}.{key} must be a number, not {found!r}."
        raise InvalidCanaryConfig(msg)
    return float(found)


def _flag(holder: Mapping[str, Any], key: str, place: str) -> bool:
    found = holder.get(key, False)
    if not isinstance(found, bool):
        msg = f"{place}.{key} must be true or false, not {found!r}."
        raise InvalidCanaryConfig(msg)
    return found
