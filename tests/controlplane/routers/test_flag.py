"""Flags as routers: what was set outlives the process."""

import pytest
from sqlalchemy import Engine

from controlplane.errors import RouterError
from controlplane.routers.flag import MOST_VERSIONS, FlagRouter
from controlplane.store.flags import FlagStore
from tests.fakes import ManualClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def engine(world) -> Engine:
    return world.plane.engine


def opened(engine: Engine, service: str = "resnet") -> FlagRouter:
    return FlagRouter(FlagStore(engine), service, first="1", clock=ManualClock())


async def test_before_it_was_ever_set_all_are_given_the_first_version(engine: Engine) -> None:
    assert await opened(engine).read_weights() == {"1": 100.0}


async def test_what_was_set_is_served_by_the_next_process_and_by_nobody_else(
    engine: Engine,
) -> None:
    flag = opened(engine)
    await flag.set_weights({"1": 95.0, "2": 5.0}, fencing=3)
    assert opened(engine).weights == {"1": 95.0, "2": 5.0}
    assert opened(engine, "bert").weights == {"1": 100.0}


async def test_who_led_before_changes_nothing(engine: Engine) -> None:
    newer, older = opened(engine), opened(engine)
    await newer.set_weights({"2": 100.0}, fencing=7)
    with pytest.raises(RouterError, match="leads since then"):
        await older.set_weights({"1": 100.0}, fencing=6)
    assert await older.read_weights() == {"2": 100.0, "1": 0.0}


async def test_versions_that_were_served_are_kept_warm_but_not_for_ever(engine: Engine) -> None:
    flag = opened(engine)
    for version in range(2, 30):
        await flag.set_weights({str(version): 100.0})
    kept = await flag.read_weights()
    assert kept["29"] == 100.0
    assert len(kept) == 1 + MOST_VERSIONS
    assert "28" in kept
