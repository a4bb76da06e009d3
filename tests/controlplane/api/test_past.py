"""What happened before an SLO was counted here, told by REST."""

import httpx
import pytest

from controlplane.loops.measure import save_counts
from controlplane.past_desk import tell_past
from controlplane.schemas import BackfillIn
from controlplane.slo_evaluation import evaluate_promise
from tests.controlplane.small_world import Surroundings, World, open_world

pytestmark = pytest.mark.anyio


async def begun(world: World) -> float:
    """Let counting begin, count ten bad of a hundred; return when it began."""
    await world.measure()
    since = world.plane.now()
    world.server.answer("1", good=90, bad=10)
    await world.measure()
    return since


def past(until: float, **more: object) -> dict[str, object]:
    times = [until - 600.0, until - 300.0, until]
    return {"times": times, "bad": [0, 1, 2], "total": [0, 40, 60], "source": "a dump"} | more


def counts(world: World) -> tuple[int, int]:
    promise = world.plane.promises["availability"]
    found = evaluate_promise(promise, world.plane.counting, now=world.plane.now()).budget.counts
    return found.bad, found.total


async def test_a_past_is_counted_once_and_written_down(
    api: httpx.AsyncClient, world: World
) -> None:
    since = await begun(world)
    taken = (await api.post("/v1/slos/availability/past", json=past(since))).json()
    assert taken == {"bad": 2, "total": 60, "countedSince": since - 600.0}
    assert counts(world) == (12, 160)
    again = (await api.post("/v1/slos/availability/past", json=past(since))).json()
    assert (again["bad"], again["total"]) == (0, 0)
    assert counts(world) == (12, 160)
    entry = next(e for e in (await api.get("/v1/audit")).json()["items"] if e["detail"]["bad"])
    assert (entry["verb"], entry["object"]) == ("slo.past", "slo/availability")
    assert entry["detail"] == {"source": "a dump", "bad": 2, "total": 60}
    steps = (await api.get("/v1/slos/availability/history?windowSeconds=1200&steps=4")).json()
    assert sum(step["bad"] for step in steps["steps"]) == 12


async def test_windows_reach_into_it_after_a_restart(around: Surroundings) -> None:
    async with open_world(around) as world:
        since = await begun(world)
        body = past(since)
        tell_past(
            world.plane, world.plane.promises["availability"], BackfillIn.model_validate(body)
        )
        await save_counts(world.plane)
    async with open_world(around) as world:
        await world.measure()
        assert counts(world) == (12, 160)
        span = world.plane.counting.span(
            ["slo/availability/total"], now=world.plane.now(), seconds=200.0
        )
        assert span.gained["slo/availability/total"] == 100 + 20


WRONG = [
    ({"times": [3.0, 2.0, 4.0]}, "times must rise"),
    ({"bad": [0, 1]}, "must be as many"),
    ({"total": [1, 40, 60]}, "sums begin at 0 and never fall"),
    ({"total": [0, 40, 30]}, "sums begin at 0 and never fall"),
    ({"bad": [0, 50, 60]}, "more bad events than events"),
    ({"times": [1.0, 2.0, 4.0]}, "Counts are kept for 400 days"),
]


@pytest.mark.parametrize(("more", "advice"), WRONG, ids=[str(row[0]) for row in WRONG])
async def test_what_cannot_have_happened_is_refused(
    api: httpx.AsyncClient, world: World, more, advice
) -> None:
    since = await begun(world)
    refused = await api.post("/v1/slos/availability/past", json=past(since, **more))
    assert refused.status_code == 422
    assert advice in refused.text
    assert counts(world) == (10, 100)


async def test_an_slo_that_is_not_counted_yet_has_to_wait(api: httpx.AsyncClient) -> None:
    refused = await api.post("/v1/slos/availability/past", json=past(2e9))
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "SLO availability is not counted yet.",
    )
