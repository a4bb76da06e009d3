"""/hooks/flagger: answers to Flagger's webhooks. 200 says go; 409 says halt, and its text says why.

Source: flagger, ``pkg/controller/webhook.go`` and ``scheduler_hooks.go``. Up to 202 is a yes; the body of any
other answer goes into the canary's events. Of the rollback hook, a yes means: roll back.
"""

from collections.abc import Callable, Mapping
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from controlplane import rollout_desk
from controlplane.api.access import PlaneHere
from controlplane.api.problems import status_of
from controlplane.decide.gate import Gate
from controlplane.decide.judgement import Saying
from controlplane.decide.rollout_outcome import Outcome, outcome_of
from controlplane.decide.rollout_state import TRANSITIONS
from controlplane.errors import TrimtabError
from controlplane.plane import Plane
from controlplane.schemas import FlaggerIn
from controlplane.verdict_desk import Release, begin, find, may_begin, observed, verdict_of

__all__ = ["router"]

router = APIRouter(prefix="/hooks/flagger", tags=["hooks"])
GO, HALT = 200, 409
MOST_TEXT = 500
ENDS = {"Succeeded": "promote", "Failed": "abort"}
Hook = Literal[
    "confirm-rollout",
    "pre-rollout",
    "rollout",
    "confirm-traffic-increase",
    "confirm-promotion",
    "post-rollout",
    "rollback",
    "event",
]
Said = tuple[bool, str]
"""Whether it goes on, and why."""


@router.post("/{hook}", response_class=PlainTextResponse)
async def answer_flagger(plane: PlaneHere, hook: Hook, canary: FlaggerIn) -> PlainTextResponse:
    """One webhook of a canary: a gate, a verdict, or news of how it goes."""
    try:
        goes, text = ANSWERS[hook](plane, canary)
    except TrimtabError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return PlainTextResponse(f"{error}{hint}", status_code=status_of(error))
    return PlainTextResponse(text, status_code=GO if goes else HALT)


def _release(canary: FlaggerIn) -> Release:
    said = canary.metadata
    return Release(
        service=said.get("service", canary.name),
        version=said.get("version", "canary"),
        against=said.get("against", "primary"),
        name=f"{canary.namespace}/{canary.name}/{canary.checksum}"[:255],
    )


def _confirm_rollout(plane: Plane, canary: FlaggerIn) -> Said:
    found = may_begin(plane, _release(canary).service)
    return found.gate is Gate.OPEN, f"the gate is {found.gate}: {'; '.join(found.reasons)}"


def _pre_rollout(plane: Plane, canary: FlaggerIn) -> Said:
    rollout = begin(plane, _release(canary))
    return True, f"rollout {rollout.id} judges it"


def _rollout(plane: Plane, canary: FlaggerIn) -> Said:
    found = verdict_of(plane, observed(plane, _release(canary)))
    bad = found.saying in (Saying.ROLLBACK, Saying.INCONCLUSIVE)
    return not bad, f"{found.saying}: {'; '.join(found.reasons)}"


def _confirm_traffic(plane: Plane, canary: FlaggerIn) -> Said:
    found = verdict_of(plane, observed(plane, _release(canary)))
    return found.may_grow, f"{found.saying}: {'; '.join(found.reasons)}"


def _confirm_promotion(plane: Plane, canary: FlaggerIn) -> Said:
    found = verdict_of(plane, observed(plane, _release(canary)))
    return found.saying is Saying.PROMOTE, f"{found.saying}: {'; '.join(found.reasons)}"


def _rollback(plane: Plane, canary: FlaggerIn) -> Said:
    rollout = find(plane, _release(canary))
    if rollout is None:
        return False, "nothing judges it yet"
    found = verdict_of(plane, rollout)
    unproven = (
        outcome_of(rollout) is Outcome.INCONCLUSIVE
    )  # what we never saw is no reason to go back
    return (
        found.saying is Saying.ROLLBACK or unproven,
        f"{found.saying}: {'; '.join(found.reasons)}",
    )


def _post_rollout(plane: Plane, canary: FlaggerIn) -> Said:
    rollout, verb = find(plane, _release(canary)), ENDS.get(canary.phase)
    if rollout is None or verb is None:
        return True, "heard"
    if (rollout.progress.phase, rollout_desk.VERBS[verb]) not in TRANSITIONS:
        return True, f"rollout {rollout.id} is {rollout.progress.phase}"
    rollout_desk.ask(plane, rollout.id, verb, reason=f"Flagger says {canary.phase}")
    return True, f"rollout {rollout.id} ends: {canary.phase}"


def _event(plane: Plane, canary: FlaggerIn) -> Said:
    rollout = find(plane, _release(canary))
    if rollout is None:
        return True, "heard"
    kind, text = canary.metadata.get("eventType", ""), canary.metadata.get("eventMessage", "")
    with plane.engine.begin() as connection:
        plane.trail.tell(
            connection,
            now=plane.now(),
            kind="flagger.event",
            subject=f"rollout/{rollout.id}",
            text=f"{kind}: {text}"[:MOST_TEXT],
        )
    return True, "written down"


ANSWERS: Mapping[str, Callable[[Plane, FlaggerIn], Said]] = {
    "confirm-rollout": _confirm_rollout,
    "pre-rollout": _pre_rollout,
    "rollout": _rollout,
    "confirm-traffic-increase": _confirm_traffic,
    "confirm-promotion": _confirm_promotion,
    "post-rollout": _post_rollout,
    "rollback": _rollback,
    "event": _event,
}
