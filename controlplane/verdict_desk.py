"""Where whoever moves traffic without us asks for our verdict of a version."""

from dataclasses import dataclass

from controlplane import rollout_desk, rollout_draft
from controlplane.decide.freeze import frozen
from controlplane.decide.gate import Gate, GateDecision, decide_gate
from controlplane.decide.judgement import Judgement, judge
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_plan import Strategy
from controlplane.errors import Refused
from controlplane.gate_desk import ask_gate, standings_of
from controlplane.plane import Plane
from controlplane.rollout_hold import held_back
from controlplane.schemas import RolloutIn

__all__ = ["Release", "begin", "find", "may_begin", "observed", "verdict_of"]

FORGOTTEN_SECONDS = 3_600.0
"""A release that was not named is taken for the same as the last one of its version for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What is asked about.

    Attributes:
        service: Whose traffic moves.
        version: What is brought in, as its pages name it.
        against: What served before, as its pages name it; empty where only one other is known.
        name: How whoever moves it calls the release: a revision, a checksum; empty when unsaid.
    """

    service: str
    version: str
    against: str = ""
    name: str = ""


def begin(plane: Plane, release: Release) -> Rollout:
    """Return the rollout that judges a release which begins now: one under way, or a new one.

    Raises:
        NotFound: No such service.
        Refused: We move its traffic ourselves, or nobody says what it is compared with.
    """
    known = find(plane, release)
    return known if known is not None and known.active else _start(plane, release)


def observed(plane: Plane, release: Release) -> Rollout:
    """Return the rollout that judges a release, whether or not it has ended; a new one at first.

    Raises:
        NotFound: As for `begin`.
        Refused: As for `begin`.
    """
    known = find(plane, release)
    return _start(plane, release) if known is None else known


def find(plane: Plane, release: Release) -> Rollout | None:
    """Return the rollout that judges a release; None where none does.

    Without a name only the last one of the service can be meant: versions come again.
    """
    known = plane.rollouts.list(service=release.service)
    if not release.name:
        known = tuple(each for each in known[:1] if each.active or _recent(plane, each))
    wanted = (Strategy.OBSERVE, release.version, release.name)
    matching = (
        each
        for each in known
        if (each.spec.strategy, each.spec.version, each.spec.release) == wanted
    )
    return next(matching, None)


def _recent(plane: Plane, rollout: Rollout) -> bool:
    return plane.now() - rollout.updated_at <= FORGOTTEN_SECONDS


def verdict_of(plane: Plane, rollout: Rollout) -> Judgement:
    """Return what is said of a version now."""
    return judge(rollout, held=held_back(plane, rollout.spec))


def may_begin(plane: Plane, service: str) -> GateDecision:
    """Return whether a release of a service may begin now: by its budgets, pages and freezes.

    Raises:
        NotFound: Nothing is known of such a service.
    """
    ask_gate(plane, service)
    why = frozen(plane.freezes, service, now=plane.now())
    if why:
        return GateDecision(gate=Gate.CLOSED, reasons=(why,))
    return decide_gate(standings_of(plane, service), rollout=None)


def _start(plane: Plane, release: Release) -> Rollout:
    asked = RolloutIn(
        service=release.service,
        version=release.version,
        strategy=Strategy.OBSERVE.value,
        against=release.against or _other_version(plane, release),
        release=release.name,
    )
    drafted = rollout_draft.draft(plane, asked)
    conflict = rollout_desk.replacing(plane, release.service)
    return rollout_desk.start(plane, drafted, idempotency_key=None, on_conflict=conflict)


def _other_version(plane: Plane, release: Release) -> str:
    """Return the only other version that targets of the service have.

    Raises:
        Refused: There is none, or more than one.
    """
    known = {target.version for target in plane.targets_of(release.service)}
    others = sorted(version for version in known if version and version != release.version)
    if len(others) != 1:
        told = f"its targets have {', '.join(others) or 'no other version'}"
        msg = f"Nobody says what {release.version!r} of {release.service} is compared with."
        raise Refused(msg, hint=f"name it as 'against'; {told}")
    return others[0]
