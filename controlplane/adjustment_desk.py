"""Where people take times out of a budget, take that back, and begin a budget anew."""

from dataclasses import asdict

from controlplane.errors import InvalidConfig, NotFound
from controlplane.plane import Plane
from controlplane.slo_evaluation import UNADJUSTED
from controlplane.store.adjustments import AdjustmentEntry
from slo import Adjustments, Exclusion, InvalidSpec, Reset

__all__ = [
    "adjustments_of",
    "entries_of",
    "exclude",
    "exclusion_of",
    "reset",
    "take_up",
    "withdraw",
]

LONGEST_SECONDS = 90 * 86_400.0
FARTHEST_SECONDS = 400 * 86_400.0
MOST_ENTRIES = 1_000


def adjustments_of(plane: Plane, slo: str) -> Adjustments:
    """Return what is in force for an SLO."""
    return plane.live.adjustments.get(slo, UNADJUSTED)


def entries_of(plane: Plane, slo: str) -> list[AdjustmentEntry]:
    """Return all that was ever written for an SLO, oldest first."""
    return [entry for entry in plane.adjustments.list() if entry.slo == slo]


def exclusion_of(*, start: float, end: float, rule: str, now: float) -> Exclusion:
    """Return the time that a person wants taken out; a hostile rule may take seconds to be refused.

    Raises:
        InvalidConfig: The time cannot be, or lies too far away.
    """
    try:
        wanted = Exclusion(start=start, end=end, rule=rule)
    except InvalidSpec as error:
        raise InvalidConfig(str(error)) from error
    if end - start > LONGEST_SECONDS or abs(start - now) > FARTHEST_SECONDS:
        days = round(LONGEST_SECONDS / 86_400), round(FARTHEST_SECONDS / 86_400)
        msg = f"An exclusion lasts at most {days[0]} days and begins at most {days[1]} days away."
        raise InvalidConfig(msg, hint="times are Unix seconds, or 2026-01-31T00:00:00Z")
    return wanted


def exclude(plane: Plane, slo: str, wanted: Exclusion, *, reason: str) -> AdjustmentEntry:
    """Take a time out of an SLO's numbers, past or to come."""
    return _write(plane, slo, "exclude", reason, asdict(wanted))


def withdraw(plane: Plane, slo: str, *, entry: int, reason: str) -> AdjustmentEntry:
    """Take an exclusion back; both entries stay.

    Raises:
        NotFound: The SLO has no such exclusion in force.
    """
    known = entries_of(plane, slo)
    gone = {each.detail["entry"] for each in known if each.kind == "withdraw"}
    own = [each.id for each in known if each.kind == "exclude" and each.id not in gone]
    if entry not in own:
        names = ", ".join(map(str, own)) or "none"
        msg = f"SLO {slo} has no exclusion {entry} in force."
        raise NotFound(msg, hint=f"in force: {names}")
    return _write(plane, slo, "withdraw", reason, {"entry": entry})


def reset(plane: Plane, slo: str, *, reason: str) -> AdjustmentEntry:
    """Begin an SLO's budget anew from now on."""
    return _write(plane, slo, "reset", reason, {"at": plane.now()})


def take_up(plane: Plane) -> None:
    """Bring what is in force up to date with what is written."""
    entries = plane.adjustments.list()
    for name in {entry.slo for entry in entries}:
        plane.live.adjustments[name] = _in_force([each for each in entries if each.slo == name])


def _write(
    plane: Plane, slo: str, kind: str, reason: str, detail: dict[str, float | int | str]
) -> AdjustmentEntry:
    """Append the entry and the audit trail together."""
    if len(entries_of(plane, slo)) >= MOST_ENTRIES:
        msg = f"SLO {slo} has {MOST_ENTRIES} entries already; no more are taken."
        raise InvalidConfig(msg)
    now, subject = plane.now(), f"slo/{slo}"
    with plane.engine.begin() as connection:
        entry = plane.adjustments.append(
            connection, slo=slo, kind=kind, now=now, actor="api", reason=reason, detail=detail
        )
        plane.trail.write(
            connection,
            now=now,
            actor="api",
            verb=f"slo.{kind}",
            subject=subject,
            detail={**detail, "reason": reason},
        )
        text = f"{slo}: {kind}, because {reason}"
        plane.trail.tell(connection, now=now, kind=f"slo.{kind}", subject=subject, text=text)
    take_up(plane)
    return entry


def _in_force(entries: list[AdjustmentEntry]) -> Adjustments:
    gone = {entry.detail["entry"] for entry in entries if entry.kind == "withdraw"}
    return Adjustments(
        exclusions=tuple(
            Exclusion(start=each.detail["start"], end=each.detail["end"], rule=each.detail["rule"])
            for each in entries
            if each.kind == "exclude" and each.id not in gone
        ),
        resets=tuple(Reset(at=each.detail["at"]) for each in entries if each.kind == "reset"),
    )
