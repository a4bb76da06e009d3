"""Two real control planes on one database: one is paused past its lease and goes on, and they never both act."""

import asyncio
import signal
from pathlib import Path

import numpy as np
import pytest

from controlplane.demo.processes import free_port
from tests.controlplane.store.conftest import address, postgres
from tests.systems.iris_fleet import Fleet, iris_fleet

__all__ = ["address", "postgres"]

pytestmark = pytest.mark.anyio
LEASE_SECONDS = 2.0
SWAPS = 3
MODEL = "iris"
ROLLOUT = {
    "steps": [20, 40, 60, 80],
    "soak": "500ms",
    "alpha": 0.05,
    "horizon": "4s",
    "promote_on_budget": True,
}


async def start(fleet: Fleet, url: str, version: str) -> str:
    answer = await fleet.http.post(
        f"{url}/v1/rollouts", json={"service": MODEL, "version": version}
    )
    assert answer.is_success, answer.text
    found: str = answer.json()["id"]
    return found


async def phase(fleet: Fleet, url: str, rollout: str) -> str:
    found: str = (await fleet.http.get(f"{url}/v1/rollouts/{rollout}")).json()["status"]["phase"]
    return found


async def until_ended(fleet: Fleet, url: str, rollout: str) -> str:
    for _ in range(600):
        found = await phase(fleet, url, rollout)
        if found in ("Succeeded", "RolledBack", "Failed"):
            return found
        await asyncio.sleep(0.1)
    pytest.fail("the rollout does not end")


@pytest.mark.parametrize(
    "address", [pytest.param("sqlite", marks=pytest.mark.slow), "postgresql"], indirect=True
)
async def test_whoever_was_paused_past_its_lease_never_acts(
    address: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ports = free_port(), free_port()
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    async with iris_fleet(tmp_path, [MODEL]) as fleet:
        for name, port in zip("ab", ports, strict=True):
            config = fleet.write_config(
                name,
                port=port,
                rollouts={MODEL: ROLLOUT},
                storage={"database": address, "lease": f"{LEASE_SECONDS:g}s"},
            )
            await fleet.start_plane(name, config)
            await fleet.until_answers(name, f"http://127.0.0.1:{port}/healthz")
        await fleet.until_answers("a", f"{urls[0]}/readyz")
        late = await swap(fleet, urls, np.random.default_rng(1))
        await pause_in_flight(fleet, urls, SWAPS % 2)
    accepted = [order.fencing for order in fleet.front.orders if order.status == 200]
    refused = [order for order in fleet.front.orders if order.status == 409]
    assert accepted == sorted(accepted), "an old number was accepted after a new one"
    assert set(accepted) == set(range(1, SWAPS + 3)), "each of them led, and acted"
    assert late == 0, "orders of a plane that went on after its lease"
    assert [order.fencing for order in refused] == [SWAPS + 1], "the one that was under way"
    assert not fleet.harm
    with capsys.disabled():
        print(  # noqa: T201 -- the figure
            f"\n  {SWAPS + 1} planes paused past their lease: {len(accepted)} orders under numbers "
            f"{accepted[0]} to {accepted[-1]}; {late} begun by a paused one afterwards; "
            f"{len(refused)} that was under way when it was paused, refused by its number",
            end="",
        )


async def pause_in_flight(fleet: Fleet, urls: list[str], leader: int) -> None:
    """Pause whoever leads while an order of its is under way, which arrives when another has acted."""
    fleet.front.hold = True
    await start(fleet, urls[leader], "1" if SWAPS % 2 else "2")
    await fleet.front.held.wait()
    fleet.signal("ab"[leader], signal.SIGSTOP)
    begun = len(fleet.front.orders)
    await fleet.until_answers("ab"[1 - leader], f"{urls[1 - leader]}/readyz")
    for _ in range(200):
        if len(fleet.front.orders) > begun:
            break
        await asyncio.sleep(0.1)
    fleet.front.let_go.set()
    await asyncio.sleep(0.5)
    fleet.signal("ab"[leader], signal.SIGCONT)
    await asyncio.sleep(0.5)


async def swap(fleet: Fleet, urls: list[str], rng: np.random.Generator) -> int:
    """Pause whoever leads in the middle of a rollout until the other leads, then let it go on.

    Returns:
        How many orders whoever was paused has begun afterwards.
    """
    late, stable = 0, "1"
    for turn in range(SWAPS):
        leader, other = turn % 2, 1 - turn % 2
        stable = "2" if stable == "1" else "1"
        rollout = await start(fleet, urls[leader], stable)
        await asyncio.sleep(float(rng.uniform(1.0, 5.0)))
        fleet.signal("ab"[leader], signal.SIGSTOP)
        await fleet.until_answers("ab"[other], f"{urls[other]}/readyz")
        begun = len(fleet.front.orders)
        await asyncio.sleep(float(rng.uniform(0.0, 1.5)))
        fleet.signal("ab"[leader], signal.SIGCONT)
        ended = await until_ended(fleet, urls[other], rollout)
        stands_by = await fleet.http.get(f"{urls[leader]}/readyz")
        assert stands_by.json()["status"] == "standby", stands_by.text
        late += sum(order.fencing <= turn + 1 for order in fleet.front.orders[begun:])
        assert ended == "Succeeded"
        assert fleet.front.weights_of(MODEL, stable, 0)[-1] == 100.0
    return late
