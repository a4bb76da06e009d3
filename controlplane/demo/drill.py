"""The runbook act: a rollout that somebody stops by hand, with the runbook, dry and for real."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL

from controlplane.demo.acts import ENDS, begin_rollout
from controlplane.demo.report import Runbook
from controlplane.demo.scene import SERVICE
from controlplane.demo.stage import Stage

__all__ = ["run_runbook"]

WEIGHT = 5.0
LONG_SOAK = 600.0


async def run_runbook(stage: Stage, version: str) -> Runbook:
    """Start a rollout and abort it by ``trimtab runbook run bad-canary``."""
    # The version is slow: without a warm-up it might be sent home before anybody stops it.
    begun = await begin_rollout(stage, version, steps=(WEIGHT,), soak=LONG_SOAK, warmup=LONG_SOAK)
    params = ("-p", f"service={SERVICE}", "-p", f"rollout={begun.id}")
    await _trimtab(stage, "runbook", "run", "bad-canary", *params, "--dry-run")
    await _trimtab(stage, "runbook", "run", "bad-canary", *params, "--allow-danger")
    runs = await stage.ask(lambda client: client.runbook_runs())
    states = {run.mode: run.state for run in runs}
    phase = (await stage.ask(lambda client: client.rollout(begun.id))).status.phase
    if phase not in ENDS:
        await stage.ask(lambda client: client.rollout_verb(begun.id, "abort"))
    return Runbook(
        dry_run=states.get("dry-run", "not run"),
        real_run=states.get("real", "not run"),
        rollout_phase=phase,
    )


async def _trimtab(stage: Stage, *arguments: str) -> None:
    """Run our own command line, as a person would."""
    url = f"TRIMTAB_URL={stage.client.url}"
    with (stage.folder / "runbook.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *("/usr/bin/env", url, sys.executable, "-m", "controlplane", *arguments),
            stdin=DEVNULL,
            stdout=log,
            stderr=log,
        )
        await process.wait()
