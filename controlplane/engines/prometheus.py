"""Any engine that speaks Prometheus's HTTP API: Prometheus, Thanos, Mimir, VictoriaMetrics.

Raw samples are asked for, in pieces, and counted here: exactly, as they were scraped. No function of
the engine has a part in it, for `increase()` and `rate()` extrapolate.
Source: prometheus/docs, HTTP API: instant queries whose expression is a range selector.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from controlplane.engines import PastOfSlo, Progress, resolved_parts
from controlplane.engines.native_samples import NativeSamples
from controlplane.engines.samples import Pieces, gather, labels_of, series_of
from controlplane.errors import EngineError
from slo import (
    CountHistory,
    RatioSli,
    RawSeries,
    Selector,
    SloSpec,
    ThresholdSli,
    count_spec,
)

__all__ = ["EnginePast", "PrometheusEngine", "RawAnswer", "selectors_of"]

PIECE_SECONDS = 6 * 3600.0
LEAST_PIECE_SECONDS = 300.0
MOST_BYTES = 64 << 20
MOST_SERIES = 20_000
DEADLINE_SECONDS = 60.0
"""For one question, with all of its answer: what comes drop by drop is not waited for."""
LATE_SECONDS = 3600.0
"""What an engine knows only from so much later on than it was asked for is told."""

TOO_MUCH = 422
NARROWER = "name more labels in the query"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawAnswer:
    """Samples, and what the engine said about them."""

    series: tuple[RawSeries, ...]
    warnings: tuple[str, ...]


class _TooLarge(EngineError):
    """The answer is more than is read at once; a shorter time may do."""


class PrometheusEngine:
    """Asks one engine.

    Args:
        url: Of the engine, with the path before ``/api/v1`` where there is one.
        headers: To send with each question, for example a tenant or a login.
        transport: How questions travel; None for the usual way.
        deadline: Seconds for one question.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        self.url = url.rstrip("/")
        self._deadline = deadline
        self._client = httpx.Client(
            base_url=self.url,
            headers=dict(headers or {}),
            timeout=deadline,
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def shown(
        self, selectors: Iterable[Selector], *, since: float, until: float
    ) -> list[tuple[str, Mapping[str, str]]]:
        """Return names and labels of the series that the engine knew between two moments.

        Raises:
            EngineError: It cannot be asked, or there are too many.
        """
        fields = {"match[]": [str(each) for each in selectors], "start": since, "end": until}
        found = self._ask("/api/v1/series", fields).get("data") or []
        with self._of_the_api():
            if len(found) > MOST_SERIES:
                msg = f"{self.url} knows {len(found)} series of the query; at most {MOST_SERIES} are read."
                raise EngineError(msg, hint=NARROWER)
            return [(labels["__name__"], labels_of(labels)) for labels in found]

    def raw(
        self,
        selectors: Iterable[Selector],
        *,
        since: float,
        until: float,
        progress: Progress | None = None,
        natives: NativeSamples | None = None,
    ) -> RawAnswer:
        """Return every sample between two moments, each once, as it was scraped.

        Native histograms go to ``natives``; without, they are refused.

        Raises:
            EngineError: It cannot be asked.
        """
        natives = natives or NativeSamples(())
        wanted = list(dict.fromkeys(selectors))
        pieces: Pieces = {}
        warnings: dict[str, None] = {}
        at, piece = since, PIECE_SECONDS
        while at < until:
            end = min(at + piece, until)
            try:
                answers = [self._piece(each, at, end) for each in wanted]
            except _TooLarge as error:
                if piece <= LEAST_PIECE_SECONDS:
                    raise EngineError(str(error), hint=NARROWER) from error
                piece /= 2
                continue
            for answer in answers:
                if answer.get("isPartial"):  # VictoriaMetrics' way to say so
                    warnings["a part of the stores did not answer"] = None
                with self._of_the_api():
                    warnings.update(dict.fromkeys(map(str, answer.get("warnings") or ())))
                    result = answer["data"]["result"]
                    gather(result, pieces, since=at, until=end)
                    natives.gather(result, until=end)
            at = end
            if progress is not None:
                progress((at - since) / (until - since))
        series = tuple(series_of(dict(labels), found) for labels, found in pieces.items() if found)
        return RawAnswer(series=series, warnings=tuple(warnings))

    def points(
        self, promql: str, *, since: float, until: float, step_seconds: float
    ) -> list[list[float]]:
        """Return what a query gives from step to step, for each of its series; steps without are left out.

        Raises:
            EngineError: It cannot be asked.
        """
        fields = {"query": promql, "start": since, "end": until, "step": step_seconds}
        answer = self._ask("/api/v1/query_range", fields)
        with self._of_the_api():
            result = answer["data"]["result"]
            if len(result) > MOST_SERIES:
                msg = f"{self.url} gives {len(result)} series; at most {MOST_SERIES} are read."
                raise EngineError(msg, hint=NARROWER)
            return [[float(value) for _, value in each["values"]] for each in result]

    @contextmanager
    def _of_the_api(self) -> Iterator[None]:
        """Make an error of the engine out of an answer that is not shaped as the API says."""
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            msg = f"{self.url} answered what is none of Prometheus's API: {error!r:.200}"
            raise EngineError(
                msg, hint="is it the address of an engine, or of something else?"
            ) from error

    def _piece(self, selector: Selector, since: float, until: float) -> dict[str, Any]:
        # One millisecond more: VictoriaMetrics, and Prometheus from 3.0 on, leave out the very
        # beginning of a range.
        milliseconds = round((until - since) * 1e3) + 1
        query = f"{selector}[{milliseconds}ms]"
        return self._ask("/api/v1/query", {"query": query, "time": f"{until:.3f}"})

    def _ask(self, path: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        try:
            with self._client.stream("POST", path, data=dict(fields)) as response:
                body = self._body(response)
        except httpx.HTTPError as error:
            msg = f"{self.url} cannot be asked: {type(error).__name__}."
            raise EngineError(msg, hint="is it running, and is the address right?") from error
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            answer = None
        if response.status_code == TOO_MUCH:
            msg = f"{self.url} refuses: {_said(answer)}"
            raise _TooLarge(msg, hint=NARROWER)
        if not isinstance(answer, dict) or answer.get("status") != "success":
            msg = f"{self.url}{path} answered HTTP {response.status_code}: {_said(answer)}"
            raise EngineError(msg)
        return answer

    def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        begun = time.monotonic()
        for piece in response.iter_bytes():
            body += piece
            if time.monotonic() - begun > self._deadline:
                msg = f"{self.url} did not end its answer within {self._deadline:g} s."
                raise _TooLarge(msg, hint=NARROWER)
            if len(body) > MOST_BYTES:
                msg = f"{self.url} answered more than {MOST_BYTES >> 20} MiB at once."
                raise _TooLarge(msg, hint=NARROWER)
        return bytes(body)


class EnginePast:
    """The past of SLOs as an engine remembers it."""

    def __init__(self, engine: PrometheusEngine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Close the engine."""
        self._engine.close()

    def of(self, slo: SloSpec, *, since: float, until: float, progress: Progress) -> PastOfSlo:
        """Read and count what an SLO names.

        Raises:
            EngineError: It cannot be asked, or does not know what the SLO counts.
        """
        counted = self._resolved(slo, since, until)
        selectors = [each for sli in counted for each in selectors_of(sli)]
        natives = NativeSamples.wanted(slo, counted)
        found = self._engine.raw(
            selectors, since=since, until=until, progress=progress, natives=natives
        )
        series = (*found.series, *natives.series())
        counted, notes = natives.resolved(slo, counted, series)
        counts = count_spec(slo, counted, series)
        warnings = (f"the engine warns: {warning}" for warning in found.warnings)
        return PastOfSlo(counts=counts, notes=(*warnings, *notes, *_late(counts, since)))

    def _resolved(
        self, slo: SloSpec, since: float, until: float
    ) -> tuple[RatioSli | ThresholdSli, ...]:
        """Ask for names only where they say what is counted: buckets, gauges, summaries."""
        asked = [selector for part in slo.parts for selector in part.sli.unresolved]
        shown = self._engine.shown(asked, since=since, until=until) if asked else ()
        return resolved_parts(slo, shown)


def selectors_of(sli: RatioSli | ThresholdSli) -> tuple[Selector, ...]:
    """Return the selectors of everything that is counted."""
    if isinstance(sli, ThresholdSli):
        return sli.series
    return (*sli.total, *sli.good, *sli.bad, *sli.at_most)


def _late(counts: CountHistory, since: float) -> list[str]:
    if not len(counts.times):
        return ["the engine knows nothing of it in this time"]
    late = counts.times[0] - since
    if late <= LATE_SECONDS:
        return []
    return [f"the engine knows of it only since {late / 3600:.1f} hours after the beginning"]


def _said(answer: object) -> str:
    text = answer.get("error") if isinstance(answer, dict) else None
    return str(text or "no JSON of Prometheus's API")[:300]
