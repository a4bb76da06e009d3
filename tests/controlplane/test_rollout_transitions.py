"""Every row of the rollout's table is reached by the real loop, with real verbs; a new row needs a scenario."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from controlplane import rollout_desk
from controlplane.decide import rollout as rollout_module
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_plan import Answer
from controlplane.decide.rollout_state import TRANSITIONS, Event, Phase, advance
from controlplane.plane import Plane
from controlplane.rollout_drill import draft_drill
from controlplane.schemas import DrillIn
from tests.controlplane.loops.test_rollout import start, traffic_second
from tests.controlplane.small_world import Surroundings, World, open_world

pytestmark = pytest.mark.anyio
Act = Callable[[Plane, str], object]
Row = tuple[Phase, Event]
MOST_SECONDS = 140
QA_EARLY = [{"name": "qa", "before": 50}]
QA_LAST = [{"name": "qa"}]


def nothing(_plane: Plane, _rollout: str) -> None:
    """What happens happens by itself."""


def verb(name: str) -> Act:
    """Return a person's verb."""
    return lambda plane, rollout: rollout_desk.ask(plane, rollout, name, reason="")


def answer(given: Answer) -> Act:
    """Return a person's answer to the approval that is waited for."""
    return lambda plane, rollout: rollout_desk.answer(plane, rollout, "qa", given=given, reason="")


def weight(plane: Plane, rollout: str) -> None:
    """Set a weight by hand."""
    rollout_desk.set_weight(plane, rollout, 20.0, reason="")


def promote_and_abort(plane: Plane, rollout: str) -> None:
    """Change one's mind."""
    rollout_desk.ask(plane, rollout, "promote", reason="")
    rollout_desk.ask(plane, rollout, "abort", reason="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """How a row comes about.

    Attributes:
        asked: More of the request.
        change: Of the configuration.
        ready: Whether the version is.
        paused: Whether a person pauses it once it progresses.
        act: What a person does once its phase is the row's.
        newer: Whether another rollout is started then.
        drill: Whether it is a drill.
        bad: The share of its requests that fail from then on.
    """

    asked: dict[str, object] = field(default_factory=dict)
    change: tuple[str, str] = ("", "")
    ready: bool = True
    paused: bool = False
    act: Act = nothing
    newer: bool = False
    drill: bool = False
    bad: float = 0.0


MANUAL = {"strategy": "manual"}
SCENARIOS: dict[Row, Scenario] = {
    (Phase.PENDING, Event.CANARY_READY): Scenario(),
    (Phase.PENDING, Event.CUT_OVER): Scenario(asked={"strategy": "immediate"}),
    (Phase.PENDING, Event.ABORT_ASKED): Scenario(ready=False, act=verb("abort")),
    (Phase.PENDING, Event.GAVE_UP): Scenario(ready=False),
    (Phase.PENDING, Event.NEWER_ROLLOUT): Scenario(ready=False, newer=True),
    (Phase.PROGRESSING, Event.STEP_PASSED): Scenario(),
    (Phase.PROGRESSING, Event.LAST_STEP_PASSED): Scenario(),
    (Phase.PROGRESSING, Event.APPROVAL_NEEDED): Scenario(asked={"approvals": QA_EARLY}),
    (Phase.PROGRESSING, Event.WEIGHT_SET): Scenario(asked=MANUAL, act=weight),
    (Phase.PROGRESSING, Event.PROMOTE_ASKED): Scenario(act=verb("promote")),
    (Phase.PROGRESSING, Event.CANARY_FAILED): Scenario(bad=0.6),
    (Phase.PROGRESSING, Event.GAVE_UP): Scenario(
        asked={"horizonSeconds": 25}, change=("soak: 10s", "soak: 10s, tolerable_errors: 0.001%")
    ),
    (Phase.PROGRESSING, Event.DRILL_DONE): Scenario(drill=True),
    (Phase.PROGRESSING, Event.PAUSE_ASKED): Scenario(act=verb("pause")),
    (Phase.PROGRESSING, Event.ABORT_ASKED): Scenario(act=verb("abort")),
    (Phase.PROGRESSING, Event.NEWER_ROLLOUT): Scenario(newer=True),
    (Phase.PAUSED, Event.APPROVED): Scenario(
        asked={"approvals": QA_EARLY}, act=answer(Answer.APPROVE)
    ),
    (Phase.PAUSED, Event.LAST_APPROVED): Scenario(
        asked={"approvals": QA_LAST}, act=answer(Answer.APPROVE)
    ),
    (Phase.PAUSED, Event.REJECTED): Scenario(
        asked={"approvals": QA_EARLY}, act=answer(Answer.REJECT)
    ),
    (Phase.PAUSED, Event.RESUME_ASKED): Scenario(paused=True, act=verb("resume")),
    (Phase.PAUSED, Event.PROMOTE_ASKED): Scenario(paused=True, act=verb("promote")),
    (Phase.PAUSED, Event.CANARY_FAILED): Scenario(paused=True, bad=0.6),
    (Phase.PAUSED, Event.ABORT_ASKED): Scenario(paused=True, act=verb("abort")),
    (Phase.PAUSED, Event.NEWER_ROLLOUT): Scenario(paused=True, newer=True),
    (Phase.PROMOTING, Event.WEIGHT_REACHED): Scenario(asked={"strategy": "immediate"}),
    (Phase.PROMOTING, Event.ABORT_ASKED): Scenario(asked=MANUAL, act=promote_and_abort),
    (Phase.ROLLING_BACK, Event.WEIGHT_REACHED): Scenario(bad=0.6),
}


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Row]]:
    """The transitions that were taken, in order: the table itself is asked, and listened to."""
    rows: list[Row] = []

    def heard(phase: Phase, event: Event) -> Phase:
        then = advance(phase, event)
        rows.append((phase, event))
        return then

    monkeypatch.setattr(rollout_module, "advance", heard)
    return rows


def begins(row: Row, scenario: Scenario) -> Phase:
    """Return the phase in which the scenario's own part begins."""
    by_itself = scenario.act is promote_and_abort or row[0] in (
        Phase.PROMOTING,
        Phase.ROLLING_BACK,
    )
    return Phase.PROGRESSING if by_itself and scenario.act is not nothing else row[0]


async def begun(world: World, scenario: Scenario) -> Rollout:
    """Start what the scenario is about."""
    if not scenario.drill:
        return await start(world, **scenario.asked)
    await traffic_second(world)
    draft = draft_drill(world.plane, DrillIn(service="resnet", hold_seconds=3))
    return rollout_desk.start(world.plane, draft, idempotency_key=None)


async def reach(world: World, rollout: Rollout, phase: Phase, scenario: Scenario) -> None:
    """Let time pass until the rollout is in a phase."""
    for _ in range(MOST_SECONDS):
        found = world.plane.rollouts.get(rollout.id)
        if found.progress.phase is phase:
            return
        if scenario.paused and found.progress.phase is Phase.PROGRESSING:
            rollout_desk.ask(world.plane, rollout.id, "pause", reason="")
            continue
        await traffic_second(world, canary_bad=scenario.bad)
    pytest.fail(f"{rollout.id} never was {phase}")


@pytest.mark.parametrize("row", sorted(TRANSITIONS), ids="-".join)
async def test_the_row_is_reached(around: Surroundings, row: Row, taken: list[Row]) -> None:
    assert row in SCENARIOS, f"write down how {row} comes about"
    scenario = SCENARIOS[row]
    async with open_world(around, change=scenario.change) as world:
        if not scenario.ready:
            world.server.versions["2"] = 503
        rollout = await begun(world, scenario)
        await reach(world, rollout, begins(row, scenario), scenario)
        scenario.act(world.plane, rollout.id)
        if scenario.newer:
            await start(world)
        for _ in range(MOST_SECONDS):
            if row in taken:
                break
            await traffic_second(world, canary_bad=scenario.bad)
        assert row in taken, world.plane.rollouts.get(rollout.id).progress.reason
        if taken[-1] == row:
            assert world.plane.rollouts.get(rollout.id).progress.phase is TRANSITIONS[row]


def test_no_scenario_is_left_of_a_row_that_is_gone() -> None:
    assert set(SCENARIOS) == set(TRANSITIONS)
