"""/v1/runbook-runs: what runners report. The server stores and shows; it executes nothing."""

from fastapi import APIRouter

from controlplane.api.access import Listing, PlaneHere, listing
from controlplane.errors import Refused
from controlplane.plane import Plane
from controlplane.schemas import RunbookRunIn, RunbookRunOut, RunbookStep
from controlplane.store.runbook_runs import RunbookRun

__all__ = ["router"]

router = APIRouter(prefix="/v1/runbook-runs", tags=["runbooks"])
RUNNING = "running"


@router.get("")
async def list_runs(plane: PlaneHere) -> Listing[RunbookRunOut]:
    """Runs, newest first."""
    return listing(_out(run) for run in plane.runbook_runs.list())


@router.post("", status_code=201)
async def start_run(asked: RunbookRunIn, plane: PlaneHere) -> RunbookRunOut:
    """Record that a run begins."""
    run_id = f"run-{plane.rng.bytes(5).hex()}"
    return _save(plane, asked, run_id=run_id, started_at=plane.now())


@router.get("/{run_id}")
async def show_run(run_id: str, plane: PlaneHere) -> RunbookRunOut:
    """One run."""
    return _out(plane.runbook_runs.get(run_id))


@router.put("/{run_id}")
async def save_run(run_id: str, asked: RunbookRunIn, plane: PlaneHere) -> RunbookRunOut:
    """Record how far a run has come; one that has ended is history."""
    before = plane.runbook_runs.get(run_id)
    if before.state != RUNNING:
        msg = f"Run {run_id} has {before.state}; what has ended does not change."
        raise Refused(msg, hint="start a new run")
    return _save(plane, asked, run_id=run_id, started_at=before.started_at)


def _save(plane: Plane, asked: RunbookRunIn, *, run_id: str, started_at: float) -> RunbookRunOut:
    now = plane.now()
    run = RunbookRun(
        id=run_id,
        runbook=asked.runbook,
        mode=asked.mode,
        state=asked.state,
        params=dict(asked.params),
        actor=asked.actor,
        steps=[step.model_dump() for step in asked.steps],
        started_at=started_at,
        ended_at=None if asked.state == RUNNING else now,
    )
    done = [{"name": step.name, "state": step.state} for step in asked.steps]
    with plane.engine.begin() as connection:
        plane.runbook_runs.save(connection, run)
        plane.trail.write(
            connection,
            now=now,
            actor=asked.actor,
            verb=f"runbook.{asked.state}",
            subject=f"runbook-run/{run_id}",
            detail={"runbook": asked.runbook, "mode": asked.mode, "steps": done},
        )
    return _out(run)


def _out(run: RunbookRun) -> RunbookRunOut:
    return RunbookRunOut(
        id=run.id,
        runbook=run.runbook,
        mode=run.mode,
        state=run.state,
        params=run.params,
        actor=run.actor,
        steps=tuple(RunbookStep(**step) for step in run.steps),
        started_at=run.started_at,
        ended_at=run.ended_at,
    )
