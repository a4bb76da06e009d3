import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, insert, text

from controlplane.store.leases import LeaseStore
from controlplane.store.tables import service


def nobody(_holder: str) -> bool:
    return False


@pytest.fixture
def leases(engine: Engine) -> LeaseStore:
    return LeaseStore(engine)


@pytest.fixture
def take(leases: LeaseStore) -> Callable[..., int | None]:
    def taken(
        holder: str, seconds: float = 60.0, gone: Callable[[str], bool] = nobody
    ) -> int | None:
        return leases.take(holder=holder, url="http://x", seconds=seconds, gone=gone).fencing

    return taken


def test_one_holds_it_until_it_runs_out(
    leases: LeaseStore, take: Callable[..., int | None]
) -> None:
    assert take("a") == 1
    assert take("b") is None
    assert leases.renew(1, seconds=-1.0)
    assert take("b") == 2
    found = leases.look()
    assert found is not None
    assert (found.holder, found.fencing) == ("b", 2)
    assert not leases.renew(1, seconds=60.0), "whoever was paused past its lease learns of it"


def test_one_that_nobody_took_is_renewed_late(
    leases: LeaseStore, take: Callable[..., int | None]
) -> None:
    assert take("a", -5.0) == 1
    assert leases.renew(1, seconds=60.0)
    assert take("b") is None


def test_one_that_is_let_go_is_had_at_once(
    leases: LeaseStore, take: Callable[..., int | None]
) -> None:
    assert take("a") == 1
    leases.release(1)
    assert take("b") == 2
    leases.release(1)
    assert take("c") is None, "an old number lets go of nothing"


def test_one_whose_holder_ended_is_had_at_once(take: Callable[..., int | None]) -> None:
    assert take("a") == 1
    assert take("b", gone=lambda holder: holder == "a") == 2


def test_of_many_who_ask_at_once_one_has_it(engine: Engine) -> None:
    for number in range(1, 6):
        found: list[int | None] = []
        ready = threading.Barrier(4)

        def ask(
            holder: str, *, found: list[int | None] = found, ready: threading.Barrier = ready
        ) -> None:
            store = LeaseStore(engine)
            ready.wait()
            found.append(store.take(holder=holder, url="", seconds=60.0, gone=nobody).fencing)

        asking = [threading.Thread(target=ask, args=(f"holder {n}",)) for n in range(4)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        assert sorted(f for f in found if f is not None) == [number]
        LeaseStore(engine).release(number)


def test_nobody_takes_it_between_a_check_and_the_commit(
    engine: Engine, leases: LeaseStore, take: Callable[..., int | None]
) -> None:
    """What is written under a number is written before the next one leads, or not at all."""
    assert take("a", -1.0) == 1
    order: list[str] = []

    def take_over() -> None:
        taken = leases.take(holder="b", url="", seconds=60.0, gone=nobody)
        order.append(f"taken {taken.fencing}")

    rival = threading.Thread(target=take_over)
    with engine.begin() as connection:
        row = {"name": "resnet", "stable": "1", "previous": None, "updated_at": 0.0}
        connection.execute(insert(service).values(**row))
        assert leases.holds(connection, 1)
        rival.start()
        rival.join(0.3)
        order.append("written")
    rival.join(10.0)
    assert order == ["written", "taken 2"]
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM service"))
        assert not leases.holds(connection, 1)
