from collections.abc import Iterator

import httpx
import pytest

from controlplane.client import TrimtabClient
from controlplane.errors import NotFound, Refused, Unreachable
from controlplane.schemas import Problem, RunbookRunIn, RunbookStep
from tests.controlplane.running_plane import RunningPlane
from tests.controlplane.small_world import asked


@pytest.fixture
def client(running: RunningPlane) -> Iterator[TrimtabClient]:
    with TrimtabClient(running.url) as opened:
        yield opened


def test_every_list_can_be_asked_for(client: TrimtabClient, running: RunningPlane) -> None:
    assert not client.ready()
    running.burn()
    assert client.ready()
    assert client.targets()[0].status.state == "up"
    assert [slo.name for slo in client.slos()] == ["availability"]
    assert client.slo("availability").status.state == "exhausted"
    assert [service.name for service in client.services()] == ["resnet", "bert"]
    assert client.alerts()[0].state == "firing"
    assert client.deliveries()[0].state == "delivered"
    assert client.scaling()[0].service == "resnet"
    assert {breaker.version for breaker in client.breakers()} == {"1", "2"}
    assert client.probes() == []
    assert client.gpu().reason
    assert client.audit() == []
    assert client.runbook_runs() == []


def test_a_rollout_is_started_followed_and_stepped_into(client: TrimtabClient) -> None:
    made = client.start_rollout(asked(steps=[1, 2]), idempotency_key="k")
    assert client.start_rollout(asked(steps=[1, 2]), idempotency_key="k").id == made.id
    assert client.rollout(made.id).spec.steps == (1.0, 2.0)
    assert [found.id for found in client.rollouts(service="resnet", active=True)] == [made.id]
    assert client.rollouts(service="bert") == []
    aborted = client.rollout_verb(made.id, "abort", reason="I say")
    assert aborted.status.phase == "RollingBack"
    events = client.events(subject=f"rollout/{made.id}")
    assert [event.kind for event in events] == ["rollout.start", "rollout.abort"]
    assert client.events(after=events[-1].id) == []
    assert client.audit()[0].detail == {"reason": "I say"}


def test_a_run_of_a_runbook_is_reported(client: TrimtabClient) -> None:
    run = RunbookRunIn(runbook="bad-canary", mode="real", state="running", actor="ada")
    begun = client.start_runbook_run(run)
    step = RunbookStep(name="abort", command="true", state="succeeded", exit_code=0)
    client.save_runbook_run(
        begun.id, run.model_copy(update={"state": "succeeded", "steps": (step,)})
    )
    (found,) = client.runbook_runs()
    assert (found.state, found.steps) == ("succeeded", (step,))


def test_a_no_is_raised_with_its_hint(client: TrimtabClient) -> None:
    with pytest.raises(NotFound, match="'gpt'") as caught:
        client.start_rollout(asked().model_copy(update={"service": "gpt"}))
    assert "known services" in caught.value.hint
    with pytest.raises(Refused):
        client.start_rollout(asked(steps=[50, 5]))


def test_nobody_listening_is_unreachable_and_says_how_to_start_one() -> None:
    with TrimtabClient("http://127.0.0.1:1") as client:
        assert not client.ready()
        with pytest.raises(Unreachable, match="No control plane answers") as caught:
            client.slos()
    assert "trimtab up" in caught.value.hint


def problem(status: int) -> bytes:
    return (
        Problem(title="x", status=status, detail="no token", code="x", hint="ask ada")
        .model_dump_json(by_alias=True)
        .encode()
    )


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        pytest.param(401, problem(401), "no token", id="not let in"),
        pytest.param(403, problem(403), "no token", id="not allowed in"),
        pytest.param(502, b"<html>", "is this a control plane", id="somebody else's server"),
    ],
)
def test_not_being_let_in_is_unreachable(status: int, body: bytes, told: str) -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, content=body))
    client = TrimtabClient("http://plane", transport=transport)
    with client, pytest.raises(Unreachable, match=told):
        client.slos()


def test_a_server_that_says_yes_and_speaks_no_json_is_somebody_else() -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, text="<html>"))
    client = TrimtabClient("http://plane", transport=transport)
    with client, pytest.raises(Unreachable, match="is this a control plane"):
        client.slos()


def test_a_token_is_sent_as_bearer() -> None:
    seen: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200, json={"items": []})

    transport = httpx.MockTransport(answer)
    for token in ("abc", None):
        with TrimtabClient("http://plane", token, transport=transport) as client:
            client.slos()
    assert [headers.get("authorization") for headers in seen] == ["Bearer abc", None]
