"""Kayenta's judge on what its own queries give: the points are asked of an engine, and kept with the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from canary_analysis.errors import CanaryAnalysisError
from canary_analysis.kayenta import Judgement, Points, judge, parse_config
from canary_analysis.kayenta.request import Query, is_request, queries_of
from controlplane.engines.prometheus import PrometheusEngine
from controlplane.errors import EngineError, InvalidConfig
from controlplane.recorded.recomputed import Recomputed, differences
from controlplane.recorded.stored import plain_of

__all__ = ["KIND", "Asked", "ask_request", "is_request", "judge_request", "recompute_request"]

KIND, VERSION = "trimtab kayenta request", 1
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """A request and what an engine answered to it.

    Attributes:
        request: As it was written.
        points: By metric.
        queries: What was asked, by metric and arm, for people.
        seed: Of the noise on constant points.
    """

    request: Mapping[str, Any]
    points: Mapping[str, Points]
    queries: Mapping[str, Mapping[str, str]]
    seed: int = 0

    def to_plain(self, judgement: Judgement) -> dict[str, Any]:
        """Return a verdict with all it rests on, as JSON."""
        return {
            "kind": KIND,
            "version": VERSION,
            "decision": str(judgement.outcome),
            "result": plain_of(judgement),
            "seed": self.seed,
            "request": dict(self.request),
            "queries": {name: dict(arms) for name, arms in self.queries.items()},
            "points": {
                name: {"canary": _plain(found.canary), "baseline": _plain(found.baseline)}
                for name, found in self.points.items()
            },
        }


def ask_request(request: Mapping[str, Any], engine: PrometheusEngine, *, seed: int = 0) -> Asked:
    """Ask an engine for the points of a request.

    Raises:
        InvalidConfig: The request cannot be read.
        EngineError: The engine cannot be asked, or gives more than one series to a query.
    """
    try:
        wanted = queries_of(request)
    except CanaryAnalysisError as error:
        raise InvalidConfig(str(error)) from error
    points, queries = {}, {}
    for each in wanted:
        canary, baseline = (_points(engine, query) for query in (each.canary, each.baseline))
        points[each.name] = Points(canary=canary, baseline=baseline)
        queries[each.name] = {"canary": each.canary.promql, "baseline": each.baseline.promql}
    return Asked(request=request, points=points, queries=queries, seed=seed)


def judge_request(asked: Asked) -> Judgement:
    """Judge what was asked.

    Raises:
        InvalidConfig: The configuration cannot be read.
    """
    try:
        config = parse_config(asked.request)
    except CanaryAnalysisError as error:
        raise InvalidConfig(str(error)) from error
    return judge(config, asked.points, np.random.default_rng(asked.seed))


def recompute_request(saved: Mapping[str, Any]) -> Recomputed:
    """Reckon a stored verdict again from its own points.

    Raises:
        InvalidConfig: It was damaged, or is of another version.
    """
    if saved.get("version") != VERSION:
        msg = f"The verdict has version {saved.get('version')!r}; this program reads {VERSION}."
        raise InvalidConfig(msg)
    try:
        points = {
            name: Points(canary=_numbers(arms["canary"]), baseline=_numbers(arms["baseline"]))
            for name, arms in saved["points"].items()
        }
        asked = Asked(
            request=saved["request"], points=points, queries=saved["queries"], seed=saved["seed"]
        )
        judgement = judge_request(asked)
        before = {"decision": saved["decision"], "result": saved["result"]}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        msg = f"The stored verdict cannot be read: {error}"
        raise InvalidConfig(msg) from error
    now = str(judgement.outcome)
    return Recomputed(
        what="verdict",
        decision=str(before["decision"]),
        now=now,
        differences=tuple(differences(before, {"decision": now, "result": plain_of(judgement)})),
    )


def _points(engine: PrometheusEngine, query: Query) -> Numbers:
    """Return one series' points; where there is none at all, as many gaps as points were expected."""
    found = engine.points(
        query.promql, since=query.since, until=query.until, step_seconds=query.step_seconds
    )
    if not found:
        return np.full(int((query.until - query.since) / query.step_seconds), np.nan)
    if len(found) > 1:
        msg = f"{query.promql!r} gives {len(found)} series; one for each arm is judged."
        raise EngineError(msg, hint="take groupByFields away, or add the series up in the query")
    points = np.array(found[0], dtype=np.float64)
    return np.where(np.isfinite(points), points, np.nan)


def _plain(points: Numbers) -> list[float | None]:
    return [float(point) if np.isfinite(point) else None for point in points]


def _numbers(plain: list[float | None]) -> Numbers:
    return np.array([np.nan if point is None else float(point) for point in plain])
