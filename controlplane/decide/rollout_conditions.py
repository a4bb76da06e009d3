"""What is so of a rollout and what is not, each with its reason, and since when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_state import Phase

__all__ = ["Condition", "conditions_of", "since", "stamped"]

FORWARD = (Phase.PROGRESSING, Phase.PROMOTING)
NO_WORSE = {"rollback": "False", "promote": "True", "promote_on_budget": "Unknown"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that is so, or not.

    Attributes:
        kind: What it is about.
        status: ``True``, ``False`` or ``Unknown``.
        reason: A code for programs.
        message: In words.
    """

    kind: str
    status: str
    reason: str
    message: str


def conditions_of(rollout: Rollout) -> tuple[Condition, ...]:
    """Return all that can be said of a rollout as it stands."""
    progress = rollout.progress
    phase, verdict = progress.phase, progress.verdict
    ready = "True" if progress.baseline else "Unknown" if rollout.active else "False"
    share = "Unknown" if not progress.share else "False" if progress.share_alarm else "True"
    found = (
        ("Ready", ready, phase.value, progress.reason),
        ("Progressing", _said(phase in FORWARD), phase.value, progress.reason),
        ("NoWorse", NO_WORSE.get(verdict, "Unknown"), verdict or phase.value, progress.reason),
        ("WaitingForPeople", _said(phase is Phase.PAUSED), phase.value, progress.reason),
        ("Done", _said(not rollout.active), phase.value, progress.reason),
        ("ShareAsAsked", share, phase.value, progress.share),
        *_of_gauges(rollout),
    )
    return tuple(
        Condition(kind=kind, status=status, reason=reason, message=message)
        for kind, status, reason, message in found
    )


def stamped(rollout: Rollout, *, now: float) -> Rollout:
    """Return the rollout with the time at which each condition took the status that it has.

    Args:
        rollout: As it is about to be saved.
        now: Unix seconds.
    """
    before = rollout.progress.transitions
    found = {each.kind: each.status for each in conditions_of(rollout)}
    transitions = {
        kind: kept if (kept := before.get(kind)) and kept[0] == status else [status, now]
        for kind, status in found.items()
    }
    if transitions == before:
        return rollout
    return replace(rollout, progress=replace(rollout.progress, transitions=transitions))


def since(rollout: Rollout, condition: Condition) -> float:
    """Return since when a condition has its status, Unix seconds; of its phase where that is not kept."""
    kept = rollout.progress.transitions.get(condition.kind)
    if kept is not None and kept[0] == condition.status:
        return float(kept[1])
    return rollout.progress.entered_at or rollout.created_at


def _said(so: bool) -> str:  # noqa: FBT001 -- a truth, to be written
    return "True" if so else "False"


def _of_gauges(rollout: Rollout) -> Iterable[tuple[str, str, str, str]]:
    """Yield what the levels of the replicas say, where any are watched; what is not known is Unknown."""
    if not rollout.spec.gauges:
        return
    evidence: Mapping[str, Any] = rollout.progress.evidence or {}
    found = evidence.get("gauges", ())
    warned = [each["metric"] for each in found if each["warning"]]
    known = bool(found) and all(each["known"] for each in found)
    status = "False" if warned else "True" if known else "Unknown"
    told = " ".join(each["text"] for each in found) or "no level was read yet"
    yield (
        "GaugesAsBefore",
        status,
        "Warning" if warned else "AsBefore" if known else "NotKnown",
        told,
    )
