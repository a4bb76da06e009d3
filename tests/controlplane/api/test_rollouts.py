import asyncio

import httpx
import pytest

from controlplane.loops.probe import ask, questions
from tests.controlplane.small_world import World

pytestmark = pytest.mark.anyio

ASKED = {"service": "resnet", "version": "2"}


async def start(api: httpx.AsyncClient, **headers: str) -> dict[str, object]:
    response = await api.post("/v1/rollouts", json=ASKED, headers=headers)
    assert response.status_code == 202, response.text
    return dict(response.json())


async def make_ready(world: World) -> None:
    await world.moves()
    await world.measure()
    for question in questions(world.plane):
        await ask(world.plane, question)
    await world.moves()


def problem(response: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert (found["status"], found["code"]) == (status, code)
    assert found["detail"]
    return dict(found)


async def test_a_rollout_takes_what_is_left_out_from_the_configuration(
    api: httpx.AsyncClient,
) -> None:
    made = await start(api)
    assert made["spec"]["steps"] == [5.0, 50.0]
    assert made["spec"]["soakSeconds"] == 10.0
    assert made["status"]["phase"] == "Pending"
    shown = await api.get(f"/v1/rollouts/{made['id']}")
    assert shown.json()["spec"] == made["spec"]
    assert shown.headers["etag"] == '"1"'


async def test_what_is_asked_for_wins_over_the_configuration(api: httpx.AsyncClient) -> None:
    own = {"steps": [1, 2], "soakSeconds": 0, "minRequests": 7, "horizonSeconds": 60}
    response = await api.post("/v1/rollouts", json=ASKED | own)
    spec = response.json()["spec"]
    assert {key: spec[key] for key in own} == own
    assert response.headers["location"] == f"/v1/rollouts/{response.json()['id']}"


async def test_a_dry_run_answers_and_keeps_nothing(api: httpx.AsyncClient) -> None:
    response = await api.post("/v1/rollouts?dryRun=true", json=ASKED)
    assert response.status_code == 202
    assert (await api.get("/v1/rollouts")).json() == {"items": []}
    assert (await api.get("/v1/audit")).json() == {"items": []}
    problem(await api.get(f"/v1/rollouts/{response.json()['id']}"), 404, "NotFound")


async def test_the_same_key_starts_one_rollout(api: httpx.AsyncClient) -> None:
    first = await start(api, **{"idempotency-key": "deploy-7"})
    again = await start(api, **{"idempotency-key": "deploy-7"})
    assert first["id"] == again["id"]
    assert len((await api.get("/v1/rollouts")).json()["items"]) == 1
    assert len((await api.get("/v1/audit")).json()["items"]) == 1


async def test_the_same_key_with_another_request_is_refused(api: httpx.AsyncClient) -> None:
    await start(api, **{"idempotency-key": "deploy-7"})
    other = ASKED | {"version": "3"}
    response = await api.post("/v1/rollouts", json=other, headers={"idempotency-key": "deploy-7"})
    problem(response, 422, "KeyReused")


async def test_a_newer_rollout_takes_the_place_of_the_older(api: httpx.AsyncClient) -> None:
    older = await start(api)
    newer = await start(api)
    shown = (await api.get(f"/v1/rollouts/{older['id']}")).json()
    assert shown["status"]["phase"] == "Superseded"
    assert newer["id"] in shown["status"]["reasons"][0]
    active = (await api.get("/v1/rollouts?active=true")).json()["items"]
    assert [found["id"] for found in active] == [newer["id"]]


async def test_a_rollout_on_its_last_move_is_let_to_finish(
    api: httpx.AsyncClient, world: World
) -> None:
    made = await start(api)
    await make_ready(world)
    await api.post(f"/v1/rollouts/{made['id']}:promote")
    problem(await api.post("/v1/rollouts", json=ASKED), 409, "Refused")


async def test_the_version_that_serves_already_is_refused(
    api: httpx.AsyncClient, world: World
) -> None:
    await world.moves()
    found = problem(await api.post("/v1/rollouts", json=ASKED | {"version": "1"}), 409, "Refused")
    assert "already serves" in str(found["detail"])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(ASKED | {"service": "gpt"}, 404, "NotFound", id="a service nobody knows"),
        pytest.param(ASKED | {"service": "bert"}, 409, "Refused", id="a service without a route"),
        pytest.param(ASKED | {"steps": [50, 5]}, 409, "Refused", id="steps that fall"),
        pytest.param(ASKED | {"steps": [100]}, 409, "Refused", id="a step that is all"),
        pytest.param(ASKED | {"steps": [101]}, 422, "InvalidRequest", id="a step beyond all"),
        pytest.param(ASKED | {"speed": 1}, 422, "InvalidRequest", id="a key nobody knows"),
        pytest.param({"service": "resnet"}, 422, "InvalidRequest", id="no version"),
        pytest.param([], 422, "InvalidRequest", id="a list"),
    ],
)
async def test_a_request_that_cannot_be_is_a_problem_document(
    api: httpx.AsyncClient, body: object, status: int, code: str
) -> None:
    problem(await api.post("/v1/rollouts", json=body), status, code)


async def test_a_wrong_field_is_pointed_at(api: httpx.AsyncClient) -> None:
    response = await api.post("/v1/rollouts", json=ASKED | {"steps": [5, 500]})
    found = problem(response, 422, "InvalidRequest")
    assert found["errors"][0]["pointer"] == "/steps/1"


@pytest.mark.parametrize("verb", ["promote", "pause", "resume", "abort"])
async def test_a_verb_for_a_rollout_nobody_knows_is_not_found(
    api: httpx.AsyncClient, verb: str
) -> None:
    problem(await api.post(f"/v1/rollouts/r-9:{verb}"), 404, "NotFound")


async def test_a_person_pauses_resumes_and_aborts(api: httpx.AsyncClient, world: World) -> None:
    made = await start(api)
    await make_ready(world)
    phases = []
    for verb in ("pause", "resume", "abort"):
        response = await api.post(f"/v1/rollouts/{made['id']}:{verb}", json={"reason": "I say"})
        phases.append(response.json()["status"]["phase"])
        assert response.json()["status"]["reasons"] == [f"{verb} asked for: I say"]
    assert phases == ["Paused", "Progressing", "RollingBack"]


async def test_a_verb_that_the_phase_does_not_accept_says_what_it_accepts(
    api: httpx.AsyncClient,
) -> None:
    made = await start(api)
    response = await api.post(f"/v1/rollouts/{made['id']}:resume")
    found = problem(response, 409, "IllegalTransition")
    assert "abort_asked" in str(found["detail"])


async def test_a_rollout_that_is_over_accepts_nothing(api: httpx.AsyncClient) -> None:
    older = await start(api)
    await start(api)
    response = await api.post(f"/v1/rollouts/{older['id']}:abort")
    found = problem(response, 409, "IllegalTransition")
    assert "it is final" in str(found["detail"])


async def test_a_list_can_be_narrowed_to_a_service(api: httpx.AsyncClient) -> None:
    await start(api)
    assert len((await api.get("/v1/rollouts?service=resnet")).json()["items"]) == 1
    assert (await api.get("/v1/rollouts?service=bert")).json() == {"items": []}


async def test_a_verb_is_for_what_the_caller_saw(api: httpx.AsyncClient, world: World) -> None:
    made = await start(api)
    await make_ready(world)
    path = f"/v1/rollouts/{made['id']}"
    seen = (await api.get(path)).headers["etag"]
    stale = await api.post(f"{path}:pause", headers={"if-match": '"1"'})
    assert problem(stale, 412, "Changed")["hint"] == "look at it again, then ask"
    paused = await api.post(f"{path}:pause", headers={"if-match": seen})
    assert paused.json()["status"]["phase"] == "Paused"
    assert (await api.post(f"{path}:resume", headers={"if-match": "*"})).status_code == 200


async def test_conditions_say_what_is_so(api: httpx.AsyncClient, world: World) -> None:
    made = await start(api)

    def conditions(found: dict) -> dict[str, str]:
        return {each["type"]: each["status"] for each in found["status"]["conditions"]}

    assert conditions(made) == {
        "Ready": "Unknown",
        "Progressing": "False",
        "NoWorse": "Unknown",
        "WaitingForPeople": "False",
        "Done": "False",
        "ShareAsAsked": "Unknown",
    }
    await make_ready(world)
    shown = (await api.get(f"/v1/rollouts/{made['id']}")).json()
    assert (conditions(shown)["Ready"], conditions(shown)["Progressing"]) == ("True", "True")
    assert shown["status"]["conditions"][0]["message"] == shown["status"]["reasons"][0]


async def test_a_wait_answers_once_it_is_there_or_over(
    api: httpx.AsyncClient, world: World
) -> None:
    made = await start(api)
    await make_ready(world)
    path = f"/v1/rollouts/{made['id']}"
    waiting = asyncio.create_task(api.get(f"{path}?wait=60&until=paused"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await api.post(f"{path}:pause")
    world.plane.live.news.spread()
    assert (await waiting).json()["status"]["phase"] == "Paused"
    over = asyncio.create_task(api.get(f"{path}?wait=2&until=done"))
    await asyncio.sleep(0.05)
    world.clock.elapsed += 3.0
    world.plane.live.news.spread()
    assert (await over).json()["status"]["phase"] == "Paused"


async def test_approvals_strategies_and_weights_by_rest(
    api: httpx.AsyncClient, world: World
) -> None:
    asked = ASKED | {"approvals": [{"name": "qa", "before": 50}], "strategy": "canary"}
    made = (await api.post("/v1/rollouts", json=asked)).json()
    assert made["spec"]["approvals"] == [
        {"name": "qa", "before": 50.0, "deadlineSeconds": 86400.0, "default": "reject"}
    ]
    path = f"/v1/rollouts/{made['id']}"
    problem(await api.post(f"{path}/gates/qa:approve"), 409, "Refused")
    problem(await api.post(f"{path}/gates/boss:reject"), 404, "NotFound")
    problem(await api.post(f"{path}:weight", json={"weight": 5}), 409, "Refused")
    problem(await api.post(f"{path}:undo"), 409, "Refused")
    problem(await api.post(f"{path}:retry"), 409, "Refused")
    problem(await api.post("/v1/rollouts", json=ASKED | {"onConflict": "refuse"}), 409, "Refused")
    by_hand = (await api.post("/v1/rollouts", json=ASKED | {"strategy": "manual"})).json()
    assert by_hand["spec"]["steps"] == [5.0]
    await make_ready(world)
    weighed = await api.post(f"/v1/rollouts/{by_hand['id']}:weight", json={"weight": 7.5})
    assert weighed.json()["status"]["weight"] == 7.5
    problem(
        await api.post(f"/v1/rollouts/{by_hand['id']}:weight", json={"weight": 101}),
        422,
        "InvalidRequest",
    )
