import asyncio
import logging

import pytest

from controlplane.loops import running
from controlplane.loops.running import every, on_news
from controlplane.plane import Plane
from tests.controlplane.small_world import World

pytestmark = pytest.mark.anyio


class Enough(BaseException):
    """Ends a loop that has no end."""


async def test_rounds_come_at_a_steady_pace_however_long_each_takes(world: World) -> None:
    begun: list[float] = []

    async def round_(plane: Plane) -> None:
        begun.append(world.clock.elapsed)
        if len(begun) == 4:
            raise Enough
        await plane.clock.sleep(0.25)

    with pytest.raises(Enough):
        await every(world.plane, "test", 1.0, round_)
    assert begun == [0.0, 1.0, 2.0, 3.0]


async def test_a_round_that_takes_too_long_delays_the_next_and_no_more(world: World) -> None:
    begun: list[float] = []

    async def round_(plane: Plane) -> None:
        begun.append(world.clock.elapsed)
        if len(begun) == 4:
            raise Enough
        await plane.clock.sleep(2.5 if len(begun) == 1 else 0.0)

    with pytest.raises(Enough):
        await every(world.plane, "test", 1.0, round_)
    assert begun == [0.0, 2.5, 3.5, 4.5]


async def test_a_round_that_fails_is_counted_and_the_next_one_comes(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[int] = []

    async def round_(_plane: Plane) -> None:
        rounds.append(1)
        if len(rounds) == 3:
            raise Enough
        raise ValueError("no such thing")

    with caplog.at_level(logging.ERROR), pytest.raises(Enough):
        await every(world.plane, "test", 1.0, round_)
    assert caplog.messages == ["a round of the loop 'test' failed"] * 2
    failures = world.plane.telemetry.registry.get_sample_value(
        "trimtab_loop_failures_total", {"loop": "test"}
    )
    assert failures == 2.0


async def test_a_loop_tells_when_it_last_came_to_the_end_of_a_round(world: World) -> None:
    registry = world.plane.telemetry.registry
    seen: list[tuple[float | None, float | None]] = []

    async def round_(plane: Plane) -> None:
        labels = {"loop": "test"}
        last = registry.get_sample_value("trimtab_loop_last_round_timestamp_seconds", labels)
        failures = registry.get_sample_value("trimtab_loop_failures_total", labels)
        seen.append((last, failures))
        if len(seen) == 4:
            raise Enough
        await plane.clock.sleep(0.5)
        if len(seen) == 2:
            raise ValueError("no such thing")

    begun = world.plane.now()
    with pytest.raises(Enough):
        await every(world.plane, "test", 1.0, round_)
    ends = [None if last is None else last - begun for last, _ in seen]
    assert ends == [None, 0.5, 0.5, 2.5]
    assert [failures for _, failures in seen] == [0.0, 0.0, 1.0, 1.0]


async def test_news_wake_those_who_wait(world: World) -> None:
    woken = asyncio.Event()

    async def round_(_plane: Plane) -> None:
        woken.set()
        raise Enough

    async def loop() -> None:
        with pytest.raises(Enough):
            await on_news(world.plane, "test", round_)

    task = asyncio.create_task(loop())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not woken.is_set()
    world.plane.live.news.spread()
    await asyncio.wait_for(task, 5)


async def test_without_news_a_round_comes_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "MOST_NEWS_WAIT_SECONDS", 0.01)

    async def round_(_plane: Plane) -> None:
        raise Enough

    with pytest.raises(Enough):
        await on_news(world.plane, "test", round_)
