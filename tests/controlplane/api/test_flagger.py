"""Flagger calls as pkg/controller/webhook.go does, at the addresses of the documentation."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from fastapi import FastAPI

from controlplane import rollout_desk
from controlplane.decide.rollout_state import Phase
from controlplane.loops.evaluate import evaluate
from tests.controlplane.api.test_argo_rollouts import pass_seconds
from tests.controlplane.small_world import World
from tests.test_docs import HOOKS, fenced

pytestmark = pytest.mark.anyio
WEBHOOKS = {
    each["type"]: each
    for block in fenced("yaml", HOOKS)
    if "webhooks:" in block
    for each in yaml.safe_load(block)["webhooks"]
}
CHECKSUM = "85d557f47b"
ARMS = {"version": "2", "against": "1"}


class Flagger:
    """Calls the webhooks of a canary, as its scheduler does."""

    def __init__(self, api: httpx.AsyncClient) -> None:
        self._api = api

    async def call(
        self, hook: str, *, phase: str = "Progressing", checksum: str = CHECKSUM, **metadata: str
    ) -> tuple[bool, str]:
        webhook = WEBHOOKS[hook]
        payload = {
            "name": "resnet",
            "namespace": "models",
            "phase": phase,
            "checksum": checksum,
            "metadata": webhook["metadata"] | ARMS | metadata,
        }
        answer = await self._api.post(urlsplit(webhook["url"]).path, json=payload)
        assert answer.headers["content-type"].startswith("text/plain"), answer.text
        return answer.status_code <= 202, answer.text


@pytest.fixture
async def flagger(watched: World, app: FastAPI) -> AsyncIterator[Flagger]:
    assert watched.plane.watched == ("resnet",)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
        yield Flagger(api)


def test_every_hook_of_flagger_is_documented() -> None:
    assert set(WEBHOOKS) == {
        "confirm-rollout",
        "pre-rollout",
        "rollout",
        "confirm-traffic-increase",
        "confirm-promotion",
        "post-rollout",
        "rollback",
        "event",
    }
    assert all(urlsplit(each["url"]).path.endswith(kind) for kind, each in WEBHOOKS.items())


async def test_a_good_release_goes_through_and_its_end_is_ours(
    watched: World, flagger: Flagger
) -> None:
    assert (await flagger.call("confirm-rollout"))[1].startswith("the gate is unknown")
    await pass_seconds(watched, 5)
    assert (await flagger.call("confirm-rollout"))[0] is True
    assert (await flagger.call("pre-rollout"))[0] is True
    assert await flagger.call("rollback") == (False, "continue: created")
    assert (await flagger.call("rollout"))[0] is True
    assert (await flagger.call("confirm-traffic-increase"))[0] is False
    await pass_seconds(watched, 4)
    assert (await flagger.call("confirm-traffic-increase"))[0] is True
    assert (await flagger.call("confirm-promotion"))[0] is False
    await pass_seconds(watched, 60)
    assert (await flagger.call("confirm-promotion"))[0] is True
    assert (await flagger.call("rollback"))[0] is False
    assert (await flagger.call("event", eventType="Normal", eventMessage="Promotion completed!"))[0]
    await flagger.call("post-rollout", phase="Succeeded")
    await pass_seconds(watched, 1)
    (rollout,) = watched.plane.rollouts.list()
    assert (rollout.progress.phase, rollout.spec.release) == (
        Phase.SUCCEEDED,
        f"models/resnet/{CHECKSUM}",
    )
    told = watched.plane.trail.events(subject=f"rollout/{rollout.id}")
    assert "Normal: Promotion completed!" in [event.text for event in told]
    assert await flagger.call("post-rollout", phase="Succeeded") == (
        True,
        f"rollout {rollout.id} is Succeeded",
    )


async def test_a_bad_release_is_halted_and_sent_home(watched: World, flagger: Flagger) -> None:
    await flagger.call("pre-rollout")
    await pass_seconds(watched, 40, bad=0.05)
    goes, why = await flagger.call("rollout")
    assert (goes, why.startswith("rollback: "), "errors" in why) == (False, True, True)
    for hook in ("confirm-traffic-increase", "confirm-promotion"):
        assert (await flagger.call(hook))[0] is False
    assert (await flagger.call("rollback"))[0] is True


async def test_without_proof_in_time_it_is_sent_home(watched: World, flagger: Flagger) -> None:
    watched.router.weights = {"1": 100.0, "2": 0.0}
    await flagger.call("pre-rollout")
    await pass_seconds(watched, 3)
    assert (await flagger.call("rollback"))[0] is False
    watched.clock.elapsed += 3_600
    await pass_seconds(watched, 2)
    goes, why = await flagger.call("rollback")
    assert (goes, why.startswith("inconclusive: no proof in time")) == (True, True)
    assert (await flagger.call("rollout"))[0] is False


async def test_what_we_never_saw_is_halted_and_not_sent_home(
    watched: World, flagger: Flagger
) -> None:
    await flagger.call("pre-rollout")
    watched.clock.elapsed += 130
    await watched.moves()
    (rollout,) = watched.plane.rollouts.list()
    assert rollout.progress.phase is Phase.FAILED
    for hook in ("rollout", "confirm-promotion", "rollback"):
        goes, why = await flagger.call(hook)
        assert (goes, "not ready within 120 s" in why) == (False, True), hook


async def test_a_freeze_halts_what_goes_forward_and_nothing_that_goes_back(
    watched: World, flagger: Flagger
) -> None:
    await flagger.call("pre-rollout")
    await pass_seconds(watched, 60)
    watched.clock.elapsed += 300
    for hook in ("confirm-rollout", "confirm-traffic-increase", "confirm-promotion"):
        goes, why = await flagger.call(hook)
        assert (goes, "frozen by weekend" in why) == (False, True), hook
    assert (await flagger.call("rollout"))[0] is True
    await pass_seconds(watched, 60, bad=0.1)
    assert (await flagger.call("rollback"))[0] is True


async def test_a_spent_budget_closes_the_gate(watched: World, flagger: Flagger) -> None:
    for _ in range(30):
        watched.server.answer("1", good=0, bad=100)
        await watched.second_passes(evaluate)
    goes, why = await flagger.call("confirm-rollout", phase="Waiting")
    assert (goes, "availability" in why) == (False, True)


async def test_a_person_says_yes_no_or_wait(watched: World, flagger: Flagger) -> None:
    await flagger.call("pre-rollout")
    await pass_seconds(watched, 4)
    (rollout,) = watched.plane.rollouts.list()
    rollout_desk.ask(watched.plane, rollout.id, "pause", reason="")
    assert (await flagger.call("confirm-traffic-increase"))[0] is False
    rollout_desk.ask(watched.plane, rollout.id, "promote", reason="seen by eye")
    assert await flagger.call("confirm-promotion") == (
        True,
        "promote: promote asked for: seen by eye",
    )
    await flagger.call("pre-rollout", checksum="other")
    await pass_seconds(watched, 4)
    newest = watched.plane.rollouts.list()[0]
    rollout_desk.ask(watched.plane, newest.id, "abort", reason="wrong build")
    assert (await flagger.call("rollback", checksum="other"))[0] is True


async def test_the_same_configuration_deployed_again_is_judged_again(
    watched: World, flagger: Flagger
) -> None:
    await flagger.call("pre-rollout")
    await flagger.call("pre-rollout")
    assert len(watched.plane.rollouts.list()) == 1
    await pass_seconds(watched, 40, bad=0.05)
    await flagger.call("post-rollout", phase="Failed")
    await flagger.call("pre-rollout")
    assert len(watched.plane.rollouts.list()) == 2
    assert (await flagger.call("rollback"))[0] is False


async def test_a_release_that_flagger_gave_up_ends_here(watched: World, flagger: Flagger) -> None:
    await flagger.call("pre-rollout")
    await pass_seconds(watched, 4)
    await flagger.call("post-rollout", phase="Failed")
    await pass_seconds(watched, 1)
    (rollout,) = watched.plane.rollouts.list()
    assert (rollout.progress.phase, rollout.progress.reason) == (
        Phase.ROLLED_BACK,
        "abort asked for: Flagger says Failed",
    )


async def test_what_nobody_asked_about_is_heard_and_begins_nothing(
    watched: World, flagger: Flagger
) -> None:
    assert await flagger.call("post-rollout", phase="Succeeded") == (True, "heard")
    assert await flagger.call("event", eventMessage="x") == (True, "heard")
    assert await flagger.call("rollback") == (False, "nothing judges it yet")
    goes, why = await flagger.call("confirm-rollout", service="nobody")
    assert (goes, why.startswith("No service 'nobody'.")) == (False, True)
    assert watched.plane.rollouts.list() == ()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"name": "x" * 254}, id="a name without end"),
        pytest.param({"name": "a", "metadata": {"k": 1}}, id="a number"),
        pytest.param({"name": "a", "metadata": {"k": "v" * 8_193}}, id="a value without end"),
        pytest.param(
            {"name": "a", "metadata": {str(n): "" for n in range(65)}}, id="keys without end"
        ),
    ],
)
async def test_what_flagger_does_not_send_is_refused(
    watched: World, app: FastAPI, body: dict[str, object]
) -> None:
    assert watched.plane.watched == ("resnet",)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
        assert (await api.post("/hooks/flagger/rollout", json=body)).status_code == 422
        assert (await api.post("/hooks/flagger/bogus", json={"name": "a"})).status_code == 422
