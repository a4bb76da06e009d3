from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, insert, select

from controlplane.errors import Deposed
from controlplane.lease import Lease, fence
from controlplane.store.database import open_database
from controlplane.store.leases import LeaseStore
from controlplane.store.tables import service
from tests.controlplane.store.conftest import address, postgres

__all__ = ["address", "postgres"]
ROW = {"name": "resnet", "stable": "1", "previous": None, "updated_at": 0.0}


@pytest.fixture
def opened(address: str) -> Iterator[Engine]:
    engine = open_database(address)
    yield engine
    engine.dispose()


def take(engine: Engine, holder: str) -> int:
    found = LeaseStore(engine).take(holder=holder, url="", seconds=-1.0, gone=lambda _: False)
    assert found.fencing is not None
    return found.fencing


def test_nothing_is_begun_in_the_last_part_of_a_lease() -> None:
    now = 100.0
    lease = Lease(fencing=1, seconds=10.0, clock=lambda: now)
    assert lease.live
    now = 105.9
    assert lease.live
    now = 106.0
    assert not lease.live
    lease.renewed(105.0)
    assert lease.live
    lease.renewed(101.0)
    now = 110.9
    assert lease.live, "a late answer shortens nothing"
    lease.lost.set()
    assert not lease.live


def test_where_nobody_else_can_act_a_lease_always_lives() -> None:
    assert Lease().live


def test_whoever_lost_the_lease_saves_nothing(opened: Engine) -> None:
    lease = Lease(fencing=take(opened, "a"))
    ours = open_database(opened.url.render_as_string(hide_password=False))
    fence(ours, lease)
    with ours.begin() as connection:
        connection.execute(insert(service).values(**ROW))
    take(opened, "b")
    with pytest.raises(Deposed, match="leads since"), ours.begin() as connection:
        connection.execute(insert(service).values(**ROW | {"name": "bert"}))
    assert lease.lost.is_set()
    with ours.connect() as connection:
        assert connection.execute(select(service.c.name)).scalars().all() == ["resnet"]
    ours.dispose()
