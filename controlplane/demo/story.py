"""The story: what happens in which order, and what it came to."""

import asyncio
import time
from contextlib import suppress

from controlplane.client import TrimtabClient
from controlplane.demo import acts
from controlplane.demo.drill import run_runbook
from controlplane.demo.report import Act, Alerts, Budget, Gpu, Report
from controlplane.demo.stage import Stage
from controlplane.demo.view import View

__all__ = ["tell"]

AVAILABILITY = "availability"
WARM_UP_SECONDS = 2.0
SETTLE_SECONDS = 60.0
LEDGER_SECONDS = 15.0


async def tell(stage: Stage, view: View, *, begun: float) -> Report:
    """Play every act, and return what it all came to.

    Args:
        stage: Everything that runs.
        view: Told what happens.
        begun: Monotonic seconds when the story began, for the report.
    """
    following = asyncio.create_task(view.follow(stage))
    try:
        view.begin("a fleet under load, watched for a moment")
        note = await acts.make_slow(stage)
        await asyncio.sleep(WARM_UP_SECONDS)
        before = await _remaining(stage)
        played = await _play(stage, view)
        view.begin("the serving version fails: a page fires, the breaker moves traffic away")
        await acts.outage(stage, stable="2")
        view.begin("a rollout is stopped by hand, with the runbook")
        runbook = await run_runbook(stage, "3")
        view.begin("the breaker gives traffic back, every alert resolves, every message arrives")
        breaker = await acts.recovery(stage)
        await stage.until("every alert resolved", _all_told, within=SETTLE_SECONDS)
        scaling, probes = await stage.ask(_scaling), await stage.ask(_probes)
        view.begin("the load stops, and the books are compared")
        await stage.finish_load()
        budget = await _budget(stage, before)
        gpu = await stage.ask(lambda client: client.gpu())
        view.end("done")
        return Report(
            acts=played,
            budget=budget,
            alerts=await _alerts(stage),
            runbook=runbook,
            gpu=Gpu(source=gpu.source, reason=gpu.reason),
            breaker=breaker,
            scaling=scaling,
            probes=probes,
            traces=_traces(stage),
            seconds=round(time.monotonic() - begun, 1),
            notes=(note,),
        )
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


async def _play(stage: Stage, view: View) -> tuple[Act, ...]:
    """Play the three rollouts."""
    told = {
        "a good version is rolled out": acts.good_version,
        "a slower version is rolled out": acts.slow_version,
        "a version with 2 % errors is rolled out": acts.erroring_version,
    }
    played = []
    for text, act in told.items():
        view.begin(text)
        played.append(await act(stage))
        last = played[-1]
        view.end(f"{last.phase} after {last.seconds:.0f} s, {last.canary_requests} requests")
    return tuple(played)


async def _remaining(stage: Stage) -> float | None:
    return (await stage.ask(lambda client: client.slo(AVAILABILITY))).status.budget.remaining_ratio


async def _budget(stage: Stage, before: float | None) -> Budget:
    """Compare the books; the ledger gets a few scrapes to read the last requests."""
    tally = stage.load.tally
    deadline = time.monotonic() + LEDGER_SECONDS
    while True:
        budget = (await stage.ask(lambda client: client.slo(AVAILABILITY))).status.budget
        if budget.total >= tally.total or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.5)
    return Budget(
        counted_total=tally.total,
        counted_bad=tally.bad,
        ledger_total=budget.total,
        ledger_bad=budget.bad,
        remaining_before=before,
        remaining_after=budget.remaining_ratio,
    )


async def _alerts(stage: Stage) -> Alerts:
    """Count firings and resolves as the receiver got them, and what it acknowledged."""
    deliveries = await stage.ask(lambda client: client.deliveries())
    seen = {body["alerts"][0]["fingerprint"] for body in stage.receiver.alerts}
    delivered = {
        (d.alert_key, d.episode, d.intent)
        for d in deliveries
        if d.state == "delivered" and f"{d.alert_key}/{d.episode}" in seen
    }
    return Alerts(
        fired=stage.receiver.count("firing"),
        resolved=stage.receiver.count("resolved"),
        delivered=len(delivered),
    )


def _all_told(client: TrimtabClient) -> bool:
    resolved = all(alert.state == "resolved" for alert in client.alerts())
    return resolved and all(message.state == "delivered" for message in client.deliveries())


def _scaling(client: TrimtabClient) -> str:
    return "; ".join(f"{s.service}: {s.wanted} replica(s), {s.reason}" for s in client.scaling())


def _probes(client: TrimtabClient) -> str:
    kinds: dict[str, list[int]] = {}
    for probe in client.probes():
        counts = kinds.setdefault(probe.kind, [0, 0])
        counts[0] += probe.good
        counts[1] += probe.total
    return "; ".join(f"{kind}: {good} of {total} good" for kind, (good, total) in kinds.items())


def _traces(stage: Stage) -> int:
    path = stage.folder / "traces.jsonl"
    text = path.read_text(errors="replace") if path.exists() else ""
    return sum('"name": "rollout.step"' in line for line in text.splitlines())
