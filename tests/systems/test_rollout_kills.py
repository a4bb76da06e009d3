"""kill -9 of the real control plane at random points of rollouts of every strategy, side by side.

A rollout of each strategy runs at any time, every other one of a version that fails. Whoever looks on
is not the plane: a front before the model server remembers every order of weights, and users count
for themselves what went wrong for them.
"""

import asyncio
import signal
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from controlplane.demo.processes import free_port
from tests.systems.iris_fleet import Fleet, iris_fleet

pytestmark = pytest.mark.anyio

FINAL = ("Succeeded", "RolledBack", "Failed", "Superseded")
MOST_SECONDS = 90.0
MOST_LIFE_SECONDS = 3.0
QUICK = {
    "soak": "1s",
    "alpha": 0.05,
    "horizon": "6s",
    "promote_on_budget": True,
    "min_requests": 2,
    "margin": {"error_odds": 3.0, "latency_odds": 10.0},
    "tolerable_errors": "10%",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One strategy.

    Attributes:
        rollout: As trimtab.yaml configures it.
        steps: Every share that the new version is given on its way, in order.
        sends_home: Whether a version that fails is sent home.
        kind: Which shares those are.
        last: The share that it has once it has succeeded.
        by_hand: Whether a person moves it.
    """

    rollout: dict[str, Any]
    steps: tuple[float, ...]
    sends_home: bool = True
    kind: str = "traffic"
    last: float = 100.0
    by_hand: bool = False


WAYS = {
    "canary": Way(rollout={"steps": [10, 50]}, steps=(10.0, 50.0, 100.0)),
    "approval": Way(
        rollout={
            "steps": [20, 50],
            "approvals": [{"name": "qa", "before": 50, "deadline": "2s", "default": "approve"}],
        },
        steps=(20.0, 50.0, 100.0),
    ),
    "blue-green": Way(rollout={"strategy": "blue-green", "soak": "3s"}, steps=(100.0,)),
    "immediate": Way(rollout={"strategy": "immediate"}, steps=(100.0,), sends_home=False),
    "manual": Way(
        rollout={"strategy": "manual", "steps": [10]}, steps=(10.0, 40.0, 100.0), by_hand=True
    ),
    "rolling": Way(
        rollout={"strategy": "rolling", "rolling": {"batch": 1}, "horizon": "30s"},
        steps=(50.0, 100.0),
    ),
    "shadow": Way(
        rollout={
            "strategy": "shadow",
            "steps": [25, 50],
            "shadow": {"max_different": "30%"},
            "horizon": "30s",
        },
        steps=(25.0, 50.0),
        kind="mirror",
        last=0.0,
    ),
}


@dataclass(slots=True, kw_only=True)
class Run:
    """What was done and seen.

    Attributes:
        url: Of the control plane.
        enough: Set when no more kills come.
        under_way: Rollouts by model, with the phase last seen.
        points: Kills, by strategy and phase of the rollout that they hit.
        ends: Rollouts that ended, by strategy, whether the version failed, and phase.
    """

    url: str
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: dict[str, str] = field(default_factory=dict)
    points: Counter[tuple[str, str]] = field(default_factory=Counter)
    ends: Counter[tuple[str, str, str]] = field(default_factory=Counter)


@pytest.mark.parametrize(
    "kills", [pytest.param(12, id="some"), pytest.param(100, id="many", marks=pytest.mark.slow)]
)
async def test_every_rollout_ends_as_its_history_allows(
    kills: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    run = Run(url=f"http://127.0.0.1:{port}")
    async with iris_fleet(tmp_path, WAYS, replicated=("rolling",)) as fleet:
        rollouts = {model: QUICK | way.rollout for model, way in WAYS.items()}
        database = f"sqlite:///{tmp_path}/trimtab.db"
        config = fleet.write_config(
            "plane", port=port, rollouts=rollouts, storage={"database": database}
        )
        await fleet.start_plane("plane", config)
        await fleet.until_answers("plane", f"{run.url}/readyz")
        async with asyncio.TaskGroup() as group:
            for place, model in enumerate(WAYS):
                group.create_task(drive(fleet, run, model, first_is_ill=place % 2 == 0))
            group.create_task(kill_often(fleet, run, config, points=kills))
    assert not fleet.harm, fleet.harm
    assert sum(run.points.values()) >= kills
    with capsys.disabled():
        print(told(fleet, run), end="")  # noqa: T201 -- the figures


async def kill_often(fleet: Fleet, run: Run, config: Path, *, points: int) -> None:
    """Kill the plane at random moments of its life, until enough rollouts were hit."""
    rng = np.random.default_rng(7)
    try:
        while sum(run.points.values()) < points:
            await asyncio.sleep(float(rng.uniform(0.0, MOST_LIFE_SECONDS)))
            fleet.signal("plane", signal.SIGKILL)
            await fleet.processes.process("plane").wait()
            run.points.update(run.under_way.items())
            await asyncio.sleep(float(rng.uniform(0.0, 1.0)))
            await fleet.start_plane("plane", config)
            await fleet.until_answers("plane", f"{run.url}/readyz")
    finally:
        run.enough.set()


async def drive(fleet: Fleet, run: Run, model: str, *, first_is_ill: bool) -> None:
    """Have one rollout after the other, good and bad in turn, and check each at its end."""
    versions, ill = ("1", "2"), first_is_ill
    while not run.enough.is_set():
        way, version = WAYS[model], versions[1]
        if ill:
            await fleet.make_ill(model, version)
        begun = len(fleet.front.orders)
        rollout = await start(fleet, run, model, version)
        ended = await watch(fleet, run, model, rollout, promoted_by_hand=way.by_hand and not ill)
        run.ends[model, "ill" if ill else "well", ended] += 1
        await check(fleet, model, version, begun, sent_home=ill and way.sends_home, ended=ended)
        if ill:
            await fleet.make_well(model, version)
        if ended == "Succeeded" and way.last > 0.0:
            versions = versions[::-1]
        ill = not ill


async def check(
    fleet: Fleet, model: str, version: str, begun: int, *, sent_home: bool, ended: str
) -> None:
    """Hold the end and every order against what the strategy allows."""
    way = WAYS[model]
    assert ended == ("RolledBack" if sent_home else "Succeeded"), f"{model} to {version}"
    shares = fleet.front.weights_of(model, version, begun, kind=way.kind)
    forward = tuple(share for share in shares if share > 0.0)
    assert forward == way.steps[: len(forward)], f"{model}: a step was skipped or overstepped"
    if not sent_home:
        assert forward == way.steps, f"{model}: it went {shares}"
    assert shares[-1] == (0.0 if sent_home else way.last), f"{model}: it went {shares}"


async def start(fleet: Fleet, run: Run, model: str, version: str) -> str:
    """Ask for a rollout until it is made; a key never makes two."""
    asked = {"service": model, "version": version}
    key = {"idempotency-key": f"{model}-{sum(run.ends.values())}-{len(fleet.front.orders)}"}
    answer = await until_answered(fleet, "POST", f"{run.url}/v1/rollouts", json=asked, headers=key)
    found: str = answer["id"]
    return found


async def watch(fleet: Fleet, run: Run, model: str, rollout: str, *, promoted_by_hand: bool) -> str:
    """Wait for the end; where a person moves it, be that person."""
    url = f"{run.url}/v1/rollouts/{rollout}"
    run.under_way[model], waited = "Pending", 0.0
    while waited < MOST_SECONDS:
        status = (await until_answered(fleet, "GET", url))["status"]
        run.under_way[model] = status["phase"]
        if status["phase"] in FINAL:
            del run.under_way[model]
            return str(status["phase"])
        if promoted_by_hand and status["phase"] == "Progressing":
            await by_hand(fleet, model, url, status["weight"])
        await asyncio.sleep(0.3)
        waited += 0.3
    pytest.fail(f"{model}: {rollout} does not end: {status}")


async def by_hand(fleet: Fleet, model: str, url: str, weight: float) -> None:
    """Take the next step once this one is there; if the plane dies meanwhile, it is asked again."""
    given = [order for order in fleet.front.orders if order.model == model and order.status == 200]
    if not given or weight not in given[-1].weights.values():
        return  # saved, and not yet acted on: a person would look before going further
    more = {"json": {"weight": 40}} if weight < 40.0 else {}
    verb = "weight" if weight < 40.0 else "promote"
    try:
        await fleet.http.post(f"{url}:{verb}", **more)
    except httpx.HTTPError:
        return
    await asyncio.sleep(1.5)


async def until_answered(fleet: Fleet, method: str, url: str, **more: Any) -> dict[str, Any]:
    """Ask until there is an answer: the plane may be dead just now."""
    for _ in range(600):
        try:
            answer = await fleet.http.request(method, url, **more)
        except httpx.HTTPError:
            await asyncio.sleep(0.1)
            continue
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            assert answer.is_success, answer.text
            found: dict[str, Any] = answer.json()
            return found
    pytest.fail(f"a minute later {url} does not answer")


def told(fleet: Fleet, run: Run) -> str:
    """Return the figures."""
    phases = sorted({phase for _, phase in run.points})
    rows = [
        f"    {model:<11}"
        + "".join(f"{run.points[model, phase]:>13}" for phase in phases)
        + f"{sum(count for key, count in run.ends.items() if key[0] == model):>10} ended"
        for model in WAYS
    ]
    head = f"\n  rollouts hit by kill -9: {sum(run.points.values())}, by phase\n" + " " * 15
    answers = sum(fleet.answered.values())
    rows.append(
        f"    {answers:,} answers to users, {sum(fleet.harm.values())} harmed; "
        f"{len(fleet.front.orders)} orders of shares, none above its step, none skipped"
    )
    return "\n".join([head + "".join(f"{phase:>13}" for phase in phases), *rows])
