"""The acts: each sets something up, lets the plane do its work, and tells what it did."""

from statistics import median

from controlplane.client import TrimtabClient
from controlplane.demo.questions import sample_questions
from controlplane.demo.report import Act
from controlplane.demo.scene import MODEL, SERVICE
from controlplane.demo.stage import Stage
from controlplane.schemas import RolloutIn, RolloutOut

__all__ = [
    "ENDS",
    "begin_rollout",
    "erroring_version",
    "good_version",
    "make_slow",
    "outage",
    "recovery",
    "slow_version",
]

ENDS = ("Succeeded", "RolledBack", "Failed", "Superseded")
ERROR_SHARE = 0.02
SMALL_WEIGHT = 25.0
SLOW_ENOUGH = 1.2
ADDED_LATENCY_MS = 6.0
SAMPLES = 31


async def good_version(stage: Stage) -> Act:
    """Version 2 answers as version 1 does, no slower: it is promoted."""
    return await _rollout(stage, "good-version", "2", steps=stage.pace.steps)


async def slow_version(stage: Stage) -> Act:
    """Version 3 was quantised to save memory and is slower: it is rolled back."""
    return await _rollout(stage, "slow-version", "3", steps=stage.pace.steps)


async def erroring_version(stage: Stage) -> Act:
    """Version 1 comes back with a fault: one answer in fifty fails. It is rolled back while small."""
    await stage.set_fault("1", error_share=ERROR_SHARE)
    try:
        steps = (SMALL_WEIGHT, 50.0)
        soak = stage.pace.act_seconds
        return await _rollout(stage, "erroring-version", "1", steps=steps, soak=soak)
    finally:
        await stage.clear_fault("1")


async def outage(stage: Stage, stable: str) -> None:
    """The version that serves fails altogether: a page, and the breaker moves its traffic away."""
    await stage.set_fault(stable, error_share=1.0)

    def opened(client: TrimtabClient) -> bool:
        return any(b.version == stable and b.state == "open" for b in client.breakers())

    def fired(client: TrimtabClient) -> bool:
        return any(alert.severity == "page" for alert in client.alerts())

    within = stage.pace.act_seconds
    await stage.until("the breaker opens", opened, within=within)
    await stage.until("a page fires", fired, within=within)
    await stage.clear_fault(stable)


async def recovery(stage: Stage) -> str:
    """The version is well again: after a trial the breaker gives its traffic back.

    Returns:
        What became of the breaker.
    """

    def closed(client: TrimtabClient) -> bool:
        return all(breaker.state == "closed" for breaker in client.breakers())

    await stage.until("the breaker closes", closed, within=stage.pace.act_seconds)
    return "opened and closed again"


async def make_slow(stage: Stage) -> str:
    """Make sure that version 3 is slower on this machine, and say by how much.

    Some processors run int8 as fast as float: then a delay is added, and the story says so.
    """
    before, after = await _seconds(stage, "1"), await _seconds(stage, "3")
    told = (
        f"version 3 (int8) takes {after * 1e3:.1f} ms on this machine, "
        f"version 1 takes {before * 1e3:.1f} ms"
    )
    if after >= SLOW_ENOUGH * before:
        return told
    await stage.set_fault("3", latency_ms=ADDED_LATENCY_MS)
    return f"{told}: {ADDED_LATENCY_MS:g} ms were added to the slow one"


async def begin_rollout(
    stage: Stage,
    version: str,
    *,
    steps: tuple[float, ...],
    soak: float | None = None,
    warmup: float | None = None,
) -> RolloutOut:
    """Ask the plane for a rollout."""
    asked = RolloutIn(
        service=SERVICE, version=version, steps=steps, soak_seconds=soak, warmup_seconds=warmup
    )
    return await stage.ask(lambda client: client.start_rollout(asked))


async def _rollout(
    stage: Stage,
    name: str,
    version: str,
    *,
    steps: tuple[float, ...],
    soak: float | None = None,
) -> Act:
    """Start a rollout, wait for its end, and tell it."""
    begun = await begin_rollout(stage, version, steps=steps, soak=soak)

    def ended(client: TrimtabClient) -> bool:
        return client.rollout(begun.id).status.phase in ENDS

    await stage.until(f"the rollout of the {name} ends", ended, within=stage.pace.act_seconds)
    status = (await stage.ask(lambda client: client.rollout(begun.id))).status
    evidence = (status.evidence or {}).get("e_value")
    return Act(
        name=name,
        phase=status.phase,
        seconds=round(status.seconds, 1),
        canary_requests=status.canary_requests,
        reasons=await _reasons(stage, begun.id),
        evidence=evidence,
        weight=status.weight or 0.0,
    )


async def _reasons(stage: Stage, rollout_id: str) -> tuple[str, ...]:
    """Return why it ended as it did, then every step before, newest first."""
    events = await stage.ask(lambda client: client.events(subject=f"rollout/{rollout_id}"))
    texts = [event.text for event in events if event.kind != "rollout.weight_reached"]
    return tuple(reversed(texts))


async def _seconds(stage: Stage, version: str) -> float:
    """Return the median time of an answer of one version, asked as a probe asks."""
    path = f"/v2/models/{MODEL}/versions/{version}/infer"
    times = []
    for body in sample_questions()[:1] * SAMPLES:
        answer = await stage.server.post(path, content=body, headers={"x-synthetic": "true"})
        times.append(answer.elapsed.total_seconds())
    return median(times)
