"""/v1/slos/{name}/burn, forecast, blame, history: the numbers behind a promise."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from controlplane.adjustment_desk import adjustments_of
from controlplane.api.access import Listing, PlaneHere, listing
from controlplane.api.slos import promise_of
from controlplane.errors import InvalidConfig
from controlplane.plane import Plane
from controlplane.promise import Promise
from controlplane.schemas import (
    BlamedOut,
    BlameOut,
    ForecastOut,
    HistoryOut,
    OutlookOut,
    RuleOut,
    StepOut,
    WindowOut,
)
from controlplane.slo_evaluation import counts_within
from controlplane.slo_past import history_of, objectives_within, parts_within
from slo import (
    CompositeSli,
    Counts,
    InvalidSpec,
    Objective,
    blame,
    burn_rate,
    chance_of_at_least,
    evaluate_rule,
    forecast,
)

__all__ = ["router"]

router = APIRouter(prefix="/v1/slos", tags=["slos"])

PAST_WINDOWS = 2
FORECAST_STEPS = 720
Window = Annotated[float | None, Query(gt=0, le=400 * 86_400, alias="windowSeconds")]
Steps = Annotated[int, Query(ge=1, le=1000)]
By = Annotated[str, Query(max_length=1000)]


@router.get("/{name}/burn")
async def show_burn(name: str, plane: PlaneHere) -> Listing[RuleOut]:
    """Every rule of one SLO, with the counts of its windows."""
    promise, now = promise_of(plane, name), plane.now()
    objective = promise.slo.objective
    found = []
    for rule in promise.rules:
        long, short = (
            counts_within(
                promise,
                plane.counting,
                now=now,
                seconds=length.total_seconds(),
                adjustments=adjustments_of(plane, name),
            )
            for length in (rule.long, rule.short)
        )
        said = evaluate_rule(rule, long, short, objective, promise.gate)
        allowed = objective.allowed_error_ratio
        unit = promise.gate.unit
        chance = None
        if long.total:
            chance = chance_of_at_least(long.bad // unit, long.total // unit, allowed)
        found.append(
            RuleOut(
                severity=rule.severity.value,
                budget_share=rule.budget_share,
                threshold=said.threshold,
                long=_window(rule.long.total_seconds(), long, objective),
                short=_window(rule.short.total_seconds(), short, objective),
                chance=chance,
                firing=said.firing,
                reason=said.reason,
            )
        )
    return listing(found)


@router.get("/{name}/forecast")
async def show_forecast(name: str, plane: PlaneHere) -> ForecastOut:
    """When the budget of one SLO runs out, with an interval."""
    promise, now = promise_of(plane, name), plane.now()
    seconds = PAST_WINDOWS * promise.slo.objective.window.total_seconds()
    history = history_of(promise, plane.counting, now=now, seconds=seconds, steps=FORECAST_STEPS)
    adjustments = adjustments_of(plane, name)
    for out in adjustments.excluded(now - seconds, now):
        history = history.without(out.start, out.end)
    # What was spent before a reset is forgiven; how unevenly it goes is not learnt from it either.
    history = history.without(0.0, adjustments.begin(0.0, now))
    found = await asyncio.to_thread(forecast, history, promise.slo.objective, now=now)
    return ForecastOut(
        level=found.level,
        earliest_seconds=found.earliest,
        likely_seconds=found.likely,
        latest_seconds=found.latest,
        reach_seconds=found.reach,
        reason=found.reason,
        outlooks=tuple(
            OutlookOut(seconds=each.seconds, low=each.low, middle=each.middle, high=each.high)
            for each in found.outlooks
        ),
    )


@router.get("/{name}/blame")
async def show_blame(name: str, plane: PlaneHere, window: Window = None, by: By = "") -> BlameOut:
    """Who spends the budget of one SLO: its bad events by what labels say."""
    promise = promise_of(plane, name)
    seconds = window or promise.slo.objective.window.total_seconds()
    labels, parts, whole = _parts_to_blame(plane, promise, seconds)
    asked = tuple(label for label in by.split(",") if label)
    try:
        found = blame(parts, whole, labels=labels, by=asked)
    except InvalidSpec as error:
        raise InvalidConfig(str(error)) from error
    return BlameOut(
        labels=asked or labels,
        window_seconds=seconds,
        bad=whole.bad,
        total=whole.total,
        parts=tuple(
            BlamedOut(
                values=each.values,
                bad=each.bad,
                total=each.total,
                share_of_bad=each.share_of_bad,
                share_of_total=each.share_of_total,
                excess=each.excess,
            )
            for each in found
        ),
    )


def _parts_to_blame(
    plane: Plane, promise: Promise, seconds: float
) -> tuple[tuple[str, ...], dict[tuple[str, ...], Counts], Counts]:
    """Return the labels, the counts by their values, and the whole: of a composite, its objectives."""
    counting, now, slo = plane.counting, plane.now(), promise.slo
    out = adjustments_of(plane, slo.name)
    if isinstance(slo.sli, CompositeSli):
        parts = objectives_within(promise, counting, now=now, seconds=seconds, adjustments=out)
        good, total = (
            sum(getattr(each, of) for each in parts.values()) for of in ("good", "total")
        )
        return ("objective",), parts, Counts(good=good, total=total)
    if not slo.blame_by:
        msg = f"SLO {slo.name} is not counted apart by any label."
        hint = "annotate it, for example trimtab.dev/blame-by: model,version,target"
        raise InvalidConfig(msg, hint=hint)
    whole = counts_within(promise, counting, now=now, seconds=seconds, adjustments=out)
    parts = parts_within(promise, counting, now=now, seconds=seconds, adjustments=out)
    return slo.blame_by, parts, whole


@router.get("/{name}/history")
async def show_history(
    name: str, plane: PlaneHere, window: Window = None, steps: Steps = 120
) -> HistoryOut:
    """The events of one SLO step by step; as counted, whatever was taken out.

    A step that nothing is known of is left out.
    """
    promise, now = promise_of(plane, name), plane.now()
    seconds = window or promise.slo.objective.window.total_seconds()
    history = history_of(promise, plane.counting, now=now, seconds=seconds, steps=steps)
    times, bad, total = (each.tolist() for each in (history.times, history.bad, history.total))
    return HistoryOut(
        target=promise.slo.objective.target,
        steps=tuple(
            StepOut(
                start=times[at - 1],
                end=times[at],
                bad=max(0, bad[at] - bad[at - 1]),
                total=total[at] - total[at - 1],
            )
            for at in range(1, len(times))
        ),
    )


def _window(seconds: float, counts: Counts, objective: Objective) -> WindowOut:
    return WindowOut(
        seconds=seconds, bad=counts.bad, total=counts.total, burn=burn_rate(counts, objective)
    )
