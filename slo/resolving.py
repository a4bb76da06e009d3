"""What an SLI counts, now that pages show what its names are: histograms, gauges or summaries."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from slo.errors import UnsupportedSpec
from slo.selector import Selector
from slo.sli import LatencySli, RatioSli, Sli, ThresholdSli

__all__ = ["AT_MOST", "resolve_sli"]

AT_MOST = "_at_most"
"""Ends the names of series that count what may be within a limit."""

Labels = Mapping[str, str]


def resolve_sli(sli: Sli, series: Iterable[tuple[str, Labels]]) -> RatioSli | ThresholdSli:
    """Return what is counted.

    Args:
        sli: As its file says.
        series: Names and labels that the pages show.

    Raises:
        NoSuchEdge: It is a latency, and no bucket ends at its limit.
        UnsupportedSpec: It is a summary, and none of its quantiles is named.
    """
    if isinstance(sli, RatioSli):
        return sli
    shown = tuple(series)
    if isinstance(sli, LatencySli):
        edges = {labels.get("le", "") for labels in _matching(_bucket(sli), shown)}
        if edges or not _matching(sli.histogram, shown):
            return _with_upper_bound(sli.resolve(edges), sli, shown)
        sli = sli.as_gauge()
    for selector in sli.series:
        _refuse_summary(selector, shown)
    return sli


def _with_upper_bound(
    ratio: RatioSli, sli: LatencySli, shown: tuple[tuple[str, Labels], ...]
) -> RatioSli:
    """Return it with what may be good as well, where that was counted: of native histograms."""
    upper = sli.histogram.where(suffix=AT_MOST)
    if not _matching(upper, shown):
        return ratio
    return replace(ratio, at_most=(upper.where(le=repr(sli.limit)),))


def _bucket(sli: LatencySli) -> Selector:
    return sli.histogram.where(suffix="_bucket")


def _matching(selector: Selector, shown: tuple[tuple[str, Labels], ...]) -> list[Labels]:
    return [labels for name, labels in shown if selector.selects(name, labels)]


def _refuse_summary(selector: Selector, shown: tuple[tuple[str, Labels], ...]) -> None:
    """Refuse quantiles that nobody chose: the median is no reading of the slowest."""
    chosen = any(matcher.label == "quantile" for matcher in selector.matchers)
    if not chosen and any("quantile" in labels for labels in _matching(selector, shown)):
        msg = (
            f"{selector} is a summary, whose quantiles say different things. "
            f"Name one: {selector.where(quantile='0.99')}."
        )
        raise UnsupportedSpec(msg)
