"""What an SLI counts, now that pages show what its names are: histograms, gauges or summaries."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from slo.errors import UnsupportedSpec
from slo.selector import Selector
from slo.series_index import SeriesIndex
from slo.sli import LatencySli, RatioSli, Sli, ThresholdSli

__all__ = ["AT_MOST", "resolve_sli"]

AT_MOST = "_at_most"
"""Ends the names of series that count what may be within a limit."""

Labels = Mapping[str, str]


def resolve_sli(
    sli: Sli, series: SeriesIndex | Iterable[tuple[str, Labels]]
) -> RatioSli | ThresholdSli:
    """Return what is counted.

    Args:
        sli: As its file says.
        series: Names and labels that the pages show; an index where several SLIs are resolved.

    Raises:
        NoSuchEdge: It is a latency, and no bucket ends at its limit.
        UnsupportedSpec: It is a summary, and none of its quantiles is named.
    """
    if isinstance(sli, RatioSli):
        return sli
    shown = series if isinstance(series, SeriesIndex) else SeriesIndex(series)
    if isinstance(sli, LatencySli):
        edges = {labels.get("le", "") for labels in shown.labels(_bucket(sli))}
        if edges or not shown.labels(sli.histogram):
            return _with_upper_bound(sli.resolve(edges), sli, shown)
        sli = sli.as_gauge()
    for selector in sli.series:
        _refuse_summary(selector, shown)
    return sli


def _with_upper_bound(ratio: RatioSli, sli: LatencySli, shown: SeriesIndex) -> RatioSli:
    """Return it with what may be good as well, where that was counted: of native histograms."""
    upper = sli.histogram.where(suffix=AT_MOST)
    if not shown.labels(upper):
        return ratio
    return replace(ratio, at_most=(upper.where(le=repr(sli.limit)),))


def _bucket(sli: LatencySli) -> Selector:
    return sli.histogram.where(suffix="_bucket")


def _refuse_summary(selector: Selector, shown: SeriesIndex) -> None:
    """Refuse quantiles that nobody chose: the median is no reading of the slowest."""
    chosen = any(matcher.label == "quantile" for matcher in selector.matchers)
    if not chosen and any("quantile" in labels for labels in shown.labels(selector)):
        msg = (
            f"{selector} is a summary, whose quantiles say different things. "
            f"Name one: {selector.where(quantile='0.99')}."
        )
        raise UnsupportedSpec(msg)
