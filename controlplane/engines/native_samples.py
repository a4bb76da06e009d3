"""Native histograms of an engine: each is counted as it comes, for they are large, within the limits.

Source: prometheus/docs, HTTP API: native histograms.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from controlplane.engines import source_of
from controlplane.engines.samples import ROUNDED_SECONDS
from controlplane.errors import EngineError
from slo import (
    LatencySli,
    NativeCount,
    NativeSample,
    RatioSli,
    RawSeries,
    SloSpec,
    ThresholdSli,
    count_raw,
    native_sli,
)

__all__ = ["NativeSamples"]

Labels = tuple[tuple[str, str], ...]


class NativeSamples:
    """Every native histogram of an answer.

    Args:
        limits: That are counted within.
    """

    def __init__(self, limits: Iterable[float]) -> None:
        self._limits = tuple(dict.fromkeys(limits))
        self._counts: dict[tuple[Labels, float], NativeCount] = {}

    @classmethod
    def wanted(cls, slo: SloSpec, counted: Sequence[RatioSli | ThresholdSli]) -> "NativeSamples":
        """Return those of an SLO: a name of a latency that has no buckets may be a histogram's."""
        pairs = zip(slo.parts, counted, strict=True)
        return cls(latency.limit for part, sli in pairs if (latency := _unbucketed(part.sli, sli)))

    def gather(self, result: Iterable[Mapping[str, Any]], *, until: float) -> None:
        """Count the histograms of an answer up to a time, each once however often it is shown.

        Raises:
            EngineError: No limit is asked for, and a histogram has no other reading.
        """
        for each in result:
            labels = tuple(sorted(each["metric"].items()))
            histograms = each.get("histograms") or ()
            if histograms and not self._limits:
                msg = f"{each['metric'].get('__name__')} is a native histogram, which has no readings."
                raise EngineError(msg, hint="replay an SLO that says op: lte, with a limit")
            for at, shown in histograms:
                total, buckets = float(shown["count"]), shown.get("buckets") or ()
                sample = NativeSample.of(float(at), total, buckets)
                if not (sample.at <= until + ROUNDED_SECONDS and sample.is_possible):
                    continue
                for limit in self._limits:
                    self._counts.setdefault((labels, limit), NativeCount(limit)).add(sample)

    def series(self) -> tuple[RawSeries, ...]:
        """Return what was counted, as classic histograms."""
        return tuple(
            series for (found, _), count in self._counts.items() for series in _series(found, count)
        )

    def drain(self) -> tuple[RawSeries, ...]:
        """Return what was counted since the last time; the sums go on."""
        found = tuple(each for each in self.series() if len(each.times))
        for count in self._counts.values():
            count.forget_rows()
        return found

    @property
    def found(self) -> bool:
        """Whether there were any."""
        return bool(self._counts)

    def resolved(
        self,
        slo: SloSpec,
        counted: Sequence[RatioSli | ThresholdSli],
        series: Sequence[RawSeries],
    ) -> tuple[tuple[RatioSli | ThresholdSli, ...], tuple[str, ...]]:
        """Return what is counted now that it is known which names are histograms', and notes.

        Args:
            slo: Whose parts they are.
            counted: What each part counts, as long as no histogram is known.
            series: All that was read, these too.

        Raises:
            EngineError: Events lie between the edges around a limit, and its SLO does not want bounds.
        """
        found: list[RatioSli | ThresholdSli] = []
        notes: list[str] = []
        for part, sli in zip(slo.parts, counted, strict=True):
            latency = _unbucketed(part.sli, sli)
            counts = self._of(latency) if latency else ()
            if latency is None or not counts:
                found.append(sli)
                continue
            ratio = native_sli(latency)
            found.append(ratio)
            between, total = _between(ratio, series)
            if not between:
                continue
            edges = [edge for count in counts for edge in count.between or ()]
            told = f"{between} of {total} events lie between {min(edges)!r} and {max(edges)!r}"
            if not latency.bounded:
                msg = f"SLO {slo.name}: {latency.no_edge(edges)} {told}."
                raise EngineError(msg, hint="trimtab.dev/between-edges: bound counts within bounds")
            notes.append(f"{told}; they count as not good")
        return tuple(found), tuple(notes)

    def refuse_between(self, slo: SloSpec, counted: Sequence[RatioSli | ThresholdSli]) -> None:
        """Refuse an SLO whose limit lies between edges, unless it wants bounds.

        Raises:
            EngineError: Events were seen between the edges around the limit.
        """
        for part, sli in zip(slo.parts, counted, strict=True):
            latency = _unbucketed(part.sli, sli)
            if latency is None or latency.bounded:
                continue
            edges = [edge for count in self._of(latency) for edge in count.between or ()]
            if edges:
                msg = f"SLO {slo.name}: {latency.no_edge(edges)}"
                raise EngineError(msg, hint="trimtab.dev/between-edges: bound counts within bounds")

    def _of(self, sli: LatencySli) -> list[NativeCount]:
        return [
            count
            for (labels, limit), count in self._counts.items()
            if limit == sli.limit and sli.histogram.selects(dict(labels)["__name__"], dict(labels))
        ]


def _unbucketed(asked: object, counted: RatioSli | ThresholdSli) -> LatencySli | None:
    if isinstance(asked, LatencySli) and isinstance(counted, ThresholdSli):
        return asked
    return None


def _series(labels: Labels, count: NativeCount) -> tuple[RawSeries, ...]:
    own = dict(labels)
    return count.series(own.pop("__name__"), own, source_of(own))


def _between(ratio: RatioSli, series: Sequence[RawSeries]) -> tuple[int, int]:
    """Return how many events may be good or not, and of how many."""
    least, most = (
        count_raw(replace(ratio, good=good), series) for good in (ratio.good, ratio.at_most)
    )
    if not len(least.times):
        return 0, 0
    return int(least.bad[-1] - most.bad[-1]), int(least.total[-1])
