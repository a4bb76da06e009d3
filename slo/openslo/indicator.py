"""Indicators of OpenSLO: what counts as good, as ratios of counters, histograms and gauges."""

import re
from typing import NoReturn

from slo.errors import InvalidObjective, InvalidSelector, InvalidSpec, UnsupportedSpec
from slo.openslo.fields import Fields
from slo.selector import Selector, parse_selectors
from slo.sli import LatencySli, RatioSli, Sli, ThresholdSli
from slo.threshold import Combine, Threshold

__all__ = ["refuse_unsupported", "sli_of", "sources_of"]

SOURCES = {"prometheus", "trimtab"}
_OF_ALL = re.compile(r"\s*(max|min|avg)\s*\((.*)\)\s*", re.ASCII | re.DOTALL)
_SUMMED = re.compile(r"\s*sum\s*\(", re.ASCII)


def sli_of(indicator: Fields, objective: Fields, *, bounded: bool = False) -> Sli:
    """Return what an indicator and an objective count as good.

    ``bounded`` says that a limit between two edges of a histogram is bounded, and not refused.
    """
    if "thresholdMetric" in indicator:
        return _threshold(indicator, objective, bounded=bounded)
    ratio = indicator.fields("ratioMetric")
    if "raw" in ratio:
        refuse_unsupported(
            ratio, "raw", "ratios that are given ready-made; name good or bad, and total"
        )
    periodic = "counter" in ratio and not ratio.flag("counter")
    total = _selectors(ratio, "total")
    if "good" in ratio:
        return RatioSli(good=_selectors(ratio, "good"), total=total, periodic=periodic)
    return RatioSli(bad=_selectors(ratio, "bad"), total=total, periodic=periodic)


def sources_of(indicator: Fields) -> set[str]:
    """Return the names of the data sources that an indicator refers to; ``trimtab`` is our own."""
    owner = indicator if "thresholdMetric" in indicator else indicator.fields("ratioMetric")
    metrics = (name for name in ("thresholdMetric", "good", "bad", "total") if name in owner)
    sources = [owner.fields(name).fields("metricSource") for name in metrics]
    return {
        each.optional_text("metricSourceRef")
        or each.optional_text("type").lower().replace("prometheus", "")
        for each in sources
    }


def _threshold(indicator: Fields, objective: Fields, *, bounded: bool) -> Sli:
    """Return an SLI of a histogram, where it may be one, or of gauges."""
    combine, series = _readings(indicator)
    operator, limit = objective.text("op"), objective.number("value")
    try:
        threshold = Threshold(operator=operator, limit=limit)
    except InvalidObjective as error:
        msg = f"{objective.place}: {error}"
        raise InvalidSpec(msg) from error
    one = len(series) == 1 and combine in (Combine.EACH, Combine.SUM)
    if operator == "lte" and one and limit > 0.0:
        # A bucket holds what is at most its edge; whether it is one, the pages will show.
        return LatencySli(histogram=series[0], limit=limit, combine=combine, bounded=bounded)
    return ThresholdSli(series=series, threshold=threshold, combine=combine)


def _readings(indicator: Fields) -> tuple[Combine, tuple[Selector, ...]]:
    """Return what one reading is made of: ``max(a)`` and ``a + b`` are one, ``a`` one by series."""
    spec = _query(indicator, "thresholdMetric")
    text = spec.text("query", at_most=4096)
    found = _OF_ALL.fullmatch(text)
    if found is None:
        series = _parsed(spec, text)
        summed = len(series) > 1 or _SUMMED.match(text)
        return (Combine.SUM if summed else Combine.EACH), series
    series = _parsed(spec, found[2])
    if len(series) > 1 or _SUMMED.match(found[2]):
        refuse_unsupported(spec, "query", f"{found[1]} of sums; name one metric in it")
    return Combine(found[1]), series


def _selectors(owner: Fields, name: str) -> tuple[Selector, ...]:
    spec = _query(owner, name)
    return _parsed(spec, spec.text("query", at_most=4096))


def _query(owner: Fields, name: str) -> Fields:
    """Return the mapping that holds a metric's query."""
    metric = owner.fields(name)
    source = metric.fields("metricSource")
    kind = source.optional_text("type")
    if kind and kind.lower() not in SOURCES:
        refuse_unsupported(source, "type", f"metrics of {kind!r}; write trimtab or Prometheus")
    spec = source.fields("spec")
    if "query" not in spec:
        refuse_unsupported(source, "spec", "a source without a query")
    return spec


def _parsed(spec: Fields, query: str) -> tuple[Selector, ...]:
    try:
        return parse_selectors(query)
    except InvalidSelector as error:
        msg = f"{spec.place}.query: {error}"
        raise UnsupportedSpec(msg) from error


def refuse_unsupported(owner: Fields, name: str, what: str) -> NoReturn:
    """Refuse what is valid and cannot be carried out.

    Raises:
        UnsupportedSpec: Always.
    """
    msg = f"{owner.place}.{name}: trimtab cannot do {what}."
    raise UnsupportedSpec(msg)
