import httpx
import pytest

pytestmark = pytest.mark.anyio

STEP = {"name": "abort", "command": "true", "state": "running"}
RUN = {"runbook": "bad-canary", "mode": "real", "state": "running", "actor": "ada"}


async def test_a_run_is_written_as_it_goes_and_is_then_history(api: httpx.AsyncClient) -> None:
    begun = await api.post("/v1/runbook-runs", json=RUN)
    assert begun.status_code == 201
    where = f"/v1/runbook-runs/{begun.json()['id']}"
    assert begun.json()["endedAt"] is None
    await api.put(where, json=RUN | {"steps": [STEP]})
    done = RUN | {"state": "succeeded", "steps": [STEP | {"state": "succeeded", "exitCode": 0}]}
    ended = (await api.put(where, json=done)).json()
    assert ended["endedAt"] is not None
    assert (await api.get(where)).json() == ended
    late = await api.put(where, json=RUN)
    assert (late.status_code, late.json()["code"]) == (409, "Refused")
    assert (await api.get("/v1/runbook-runs")).json()["items"] == [ended]


async def test_each_report_is_on_the_audit_trail(api: httpx.AsyncClient) -> None:
    begun = (await api.post("/v1/runbook-runs", json=RUN)).json()
    await api.put(f"/v1/runbook-runs/{begun['id']}", json=RUN | {"state": "refused"})
    newest, first = (await api.get("/v1/audit")).json()["items"]
    assert (first["verb"], newest["verb"]) == ("runbook.running", "runbook.refused")
    assert {entry["actor"] for entry in (newest, first)} == {"ada"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"mode": "maybe"}, id="neither dry nor real"),
        pytest.param({"state": "great"}, id="a state nobody knows"),
        pytest.param({"runbook": "../etc"}, id="a name that is a path"),
        pytest.param({"steps": [STEP | {"output": "x" * 65_537}]}, id="too much output"),
    ],
)
async def test_a_report_that_cannot_be_is_refused(
    api: httpx.AsyncClient, change: dict[str, object]
) -> None:
    assert (await api.post("/v1/runbook-runs", json=RUN | change)).status_code == 422


async def test_a_run_nobody_knows_is_not_found(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/runbook-runs/run-9")).status_code == 404
    assert (await api.put("/v1/runbook-runs/run-9", json=RUN)).status_code == 404
