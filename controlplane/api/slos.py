"""/v1/slos: promises, with budget and burn."""

import asyncio
from difflib import get_close_matches

from fastapi import APIRouter

from controlplane.adjustment_desk import adjustments_of
from controlplane.api.access import Listing, PageHere, PlaneHere, places_of
from controlplane.errors import NotFound
from controlplane.plane import Plane
from controlplane.promise import Promise
from controlplane.schemas import BudgetOut, BurnOut, SloOut, SloSpecOut, SloStatusOut, UnadjustedOut
from controlplane.slo_evaluation import Evaluation, evaluate_promise, perhaps_good
from probes.provenance import rests_on
from probes.server_profile import ServerProfile
from slo import Budget, Decision, Method

__all__ = ["promise_of", "router"]

UNITS = {
    Method.OCCURRENCES: "events",
    Method.TIMESLICES: "slices",
    Method.RATIO_TIMESLICES: "billionths of slices",
}
MOST_NAMES = 10
SLOS_AT_ONCE = 50
"""So many are evaluated before others have their turn."""
router = APIRouter(prefix="/v1/slos", tags=["slos"])


@router.get("")
async def list_slos(plane: PlaneHere, page: PageHere) -> Listing[SloOut]:
    """Every SLO, evaluated now."""
    places, token = places_of(tuple(plane.promises), page)
    found = []
    for number, promise in enumerate(tuple(plane.promises.values())[places], 1):
        if number % SLOS_AT_ONCE == 0:
            await asyncio.sleep(0)
        found.append(_out(plane, promise))
    return Listing(items=found, nextPageToken=token)


@router.get("/{name}")
async def show_slo(name: str, plane: PlaneHere) -> SloOut:
    """One SLO, evaluated now."""
    return _out(plane, promise_of(plane, name))


@router.get("/{name}/budget")
async def show_budget(name: str, plane: PlaneHere) -> BudgetOut:
    """The error budget of one SLO, over its window."""
    return _out(plane, promise_of(plane, name)).status.budget


def promise_of(plane: Plane, name: str) -> Promise:
    """Return an SLO by name.

    Raises:
        NotFound: There is none; the hint lists those there are.
    """
    if name not in plane.promises:
        near = get_close_matches(name, plane.promises, n=MOST_NAMES, cutoff=0.0)
        msg = f"No SLO {name!r}."
        raise NotFound(msg, hint=f"known SLOs: {', '.join(sorted(near)) or 'none'}")
    return plane.promises[name]


def _out(plane: Plane, promise: Promise) -> SloOut:
    slo = promise.slo
    now, adjustments = plane.now(), adjustments_of(plane, slo.name)
    found = evaluate_promise(promise, plane.counting, now=now, adjustments=adjustments)
    whole = evaluate_promise(promise, plane.counting, now=now).budget if adjustments else None
    source = rests_on(promise.names, _profiles(plane, slo.service))
    against = plane.live.uncounted.get(slo.name, "")
    return SloOut(
        name=slo.name,
        spec=SloSpecOut(
            service=slo.service,
            description=slo.description,
            target=slo.objective.target,
            window_seconds=slo.objective.window.total_seconds(),
            indicator=str(slo.sli),
            unit=UNITS[slo.budgeting.method],
            each=() if slo.each is None else slo.each.labels,
            family=slo.family,
            values=dict(slo.values),
            parts=tuple(part.name for part in slo.parts) if len(slo.parts) > 1 else (),
        ),
        status=SloStatusOut(
            state="unknown" if against and found.state == "ok" else found.state,
            reason=against or _reason(plane, promise, found),
            rests_on=f"the engine {promise.engine}" if promise.engine else source.title,
            cannot_see=source.cannot_see,
            budget=_budget(found, whole).model_copy(
                update={"perhaps_good": perhaps_good(promise, plane.counting, found)}
            ),
            burn=tuple(_burn(decision) for decision in found.decisions.values()),
            counted_since=_counted_since(plane, promise),
        ),
    )


def _counted_since(plane: Plane, promise: Promise) -> float | None:
    key = promise.total_key
    return plane.counting.began(key) if plane.counting.defines(key) else None


def _profiles(plane: Plane, service: str) -> tuple[ServerProfile, ...]:
    """Return the kind of server that the service's own targets were recognised as."""
    own = plane.profile_of(service)
    return () if own is None else (own,)


def _reason(plane: Plane, promise: Promise, found: Evaluation) -> str:
    """The worst rule's own words; a page outranks a ticket."""
    if found.unknown:
        return found.unknown
    name = promise.slo.name
    if not promise.calls:
        beyond = plane.families.left_out.get(name, 0)
        told = f"; at least {beyond} more are beyond its limit, and not watched" if beyond else ""
        return f"{len(plane.families.members(name))} SLOs, one for each set of labels{told}"
    firing = [decision for decision in found.decisions.values() if decision.firing]
    worst = (firing or list(found.decisions.values()))[:1]
    return worst[0].reason if worst else "no burn rule fits the window"


def _budget(found: Evaluation, whole: Budget | None) -> BudgetOut:
    budget = found.budget
    return BudgetOut(
        good=budget.counts.good,
        bad=budget.counts.total - budget.counts.good,
        total=budget.counts.total,
        allowed_bad=budget.allowed_bad,
        spent_ratio=budget.spent_ratio,
        remaining_ratio=budget.remaining_ratio,
        window_start=found.window.start,
        window_end=found.window.end,
        covered_seconds=found.covered_seconds,
        without_adjustments=None
        if whole is None
        else UnadjustedOut(
            bad=whole.counts.bad,
            total=whole.counts.total,
            remaining_ratio=whole.remaining_ratio,
        ),
    )


def _burn(decision: Decision) -> BurnOut:
    return BurnOut(
        severity=decision.severity.value,
        long_seconds=decision.rule.long.total_seconds(),
        short_seconds=decision.rule.short.total_seconds(),
        threshold=decision.threshold,
        burn_long=decision.burn_long,
        burn_short=decision.burn_short,
        firing=decision.firing,
        reason=decision.reason,
    )
