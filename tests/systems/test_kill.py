"""kill -9 of the control plane in the middle of a rollout and of an outage: nothing is lost."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controlplane.client import TrimtabClient
from controlplane.demo.acts import begin_rollout
from controlplane.demo.scene import FAST, MODEL
from controlplane.demo.stage import Stage, set_stage

pytestmark = pytest.mark.anyio
PACE = replace(FAST, rate=30.0)


async def weights(stage: Stage) -> dict[str, float]:
    answer = await stage.server.get(f"/v2/models/{MODEL}/traffic")
    found: dict[str, float] = answer.json()["weights"]
    return found


async def kill_and_restart(stage: Stage) -> None:
    stage.processes.kill("control plane")
    await asyncio.sleep(2.0)
    config = str(stage.folder / "trimtab.yaml")
    await stage.processes.start("control plane", "controlplane", "up", "-c", config)

    async def ready() -> bool:
        return await stage.ask(lambda client: client.ready())

    await stage.processes.until_ready("control plane", ready, within=30.0)


def phase_of(client: TrimtabClient, rollout_id: str) -> str:
    return client.rollout(rollout_id).status.phase


async def test_a_killed_plane_loses_no_rollout_no_alert_and_no_request(tmp_path: Path) -> None:
    async with set_stage(tmp_path, PACE, dashboard=False) as stage:
        good = await begin_rollout(stage, "2", steps=(10.0, 25.0, 50.0))
        await stage.until(
            "the second step is reached",
            lambda client: client.rollout(good.id).status.weight == 25.0,
            within=60.0,
        )
        await kill_and_restart(stage)
        assert (await weights(stage))["2"] <= 50.0
        succeeded = "Succeeded"
        await stage.until(
            "the rollout goes on to its end",
            lambda client: phase_of(client, good.id) == succeeded,
            within=120.0,
        )
        assert (await weights(stage))["2"] == 100.0

        bad = await begin_rollout(stage, "3", steps=(25.0,), soak=300.0)
        await stage.until(
            "the bad one has traffic",
            lambda client: phase_of(client, bad.id) == "Progressing",
            within=30.0,
        )
        stage.processes.kill("control plane")
        await stage.set_fault("3", error_share=0.5)
        await asyncio.sleep(3.0)
        assert (await weights(stage))["3"] <= 25.0
        await kill_and_restart(stage)
        await stage.until(
            "the bad one is rolled back",
            lambda client: phase_of(client, bad.id) == "RolledBack",
            within=60.0,
        )
        assert (await weights(stage))["3"] == 0.0
        await stage.clear_fault("3")

        await stage.set_fault("2", error_share=1.0)
        await stage.until(
            "an alert fires",
            lambda client: any(alert.state == "firing" for alert in client.alerts()),
            within=60.0,
        )
        await kill_and_restart(stage)
        await stage.clear_fault("2")
        await stage.until(
            "every alert resolved and every message arrived",
            lambda client: (
                all(alert.state == "resolved" for alert in client.alerts())
                and all(message.state == "delivered" for message in client.deliveries())
            ),
            within=120.0,
        )
        assert stage.receiver.count("firing") == stage.receiver.count("resolved") > 0

        await stage.finish_load()
        tally = stage.load.tally
        await stage.until(
            "the ledger has every request",
            lambda client: client.slo("availability").status.budget.total >= tally.total,
            within=20.0,
        )
        budget = (await stage.ask(lambda client: client.slo("availability"))).status.budget
        assert (budget.total, budget.bad) == (tally.total, tally.bad)
