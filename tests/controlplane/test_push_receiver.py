import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from controlplane import push_receiver
from controlplane.errors import NotSaved, Overloaded
from controlplane.loops.measure import save_counts
from controlplane.plane import Plane
from controlplane.push_receiver import Receipt
from controlplane.retarget import retarget
from controlplane.target_book import API
from controlplane.target_spec import parse_target
from probes.layout_cache import LayoutCache
from probes.otlp import Pushed
from tests.controlplane.pushing import SLOS, open_pushed, pushed, sums
from tests.fakes import ManualClock
from tests.probes.otlp_requests import DELTA, counter, histogram

pytestmark = pytest.mark.anyio

BEGAN = ManualClock().now().timestamp()


async def receive(plane: Plane, what: tuple[Pushed, ...]) -> Receipt:
    return await plane.pushes.receive(what, now=plane.now())


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def calls(total: int, errors: int, *, at: float, start: float = 1.0, sandbox: str = "a"):
    """Two counters of one sandbox, so many seconds after the plane began."""
    times = {"at": BEGAN + at, "start": BEGAN + start}
    return pushed(
        counter(total, **times),
        counter(errors, name="faas.errors", **times),
        service_instance_id=sandbox,
    )


def timed(*counts: int, at: float, start: float = 1.0):
    return pushed(histogram(*counts, at=BEGAN + at, start=BEGAN + start))


async def test_what_is_pushed_is_counted_from_the_first_point(tmp_path: Path, clock) -> None:
    async with open_pushed(tmp_path, clock) as plane:
        for number in range(20):
            found = await receive(plane, calls(10, 1, at=5.0, sandbox=f"s{number}"))
            assert (found.rejected, found.reason) == (0, "")
        assert sums(plane)["answered"] == (20.0, 200.0)
        assert plane.counting.by_source("slo/answered/total") == {"iris-fn": 200.0}


async def test_a_latency_slo_counts_from_the_first_point_too(tmp_path: Path, clock) -> None:
    async with open_pushed(tmp_path, clock) as plane:
        assert plane.live.uncounted["quick"]
        await receive(plane, timed(5, 2, 1, at=5.0))
        assert not plane.live.uncounted["quick"]
        assert sums(plane)["quick"] == (5.0, 8.0)
    async with open_pushed(tmp_path, clock) as plane:
        await receive(plane, timed(6, 2, 1, at=6.0))
        assert sums(plane)["quick"] == (6.0, 9.0)


async def test_what_was_answered_outlives_a_kill_and_counts_once(tmp_path: Path, clock) -> None:
    async with open_pushed(tmp_path, clock) as plane:
        await receive(plane, calls(10, 1, at=5.0))
    async with open_pushed(tmp_path, clock) as plane:
        assert sums(plane)["answered"] == (1.0, 10.0)
        again = await receive(plane, calls(10, 1, at=5.0))
        assert again.rejected == 2
        await receive(plane, calls(12, 1, at=8.0))
        await save_counts(plane)
        await receive(plane, calls(15, 2, at=9.0))
    async with open_pushed(tmp_path, clock) as plane:
        assert sums(plane)["answered"] == (2.0, 15.0)


async def test_what_began_before_watching_counts_from_its_next_word(tmp_path: Path, clock) -> None:
    async with open_pushed(tmp_path, clock) as plane:
        await receive(plane, calls(500, 3, at=5.0, start=-60.0))
        await receive(plane, calls(510, 4, at=6.0, start=-60.0))
        assert sums(plane)["answered"] == (1.0, 10.0)


async def test_an_slo_that_is_new_counts_from_now_on(tmp_path: Path, clock) -> None:
    async with open_pushed(tmp_path, clock, SLOS.partition("---")[0]) as plane:
        await receive(plane, timed(5, 2, 1, at=5.0))
    async with open_pushed(tmp_path, clock) as plane:
        assert sums(plane)["quick"] == (0.0, 0.0)
        await receive(plane, timed(6, 3, 1, at=6.0))
        assert sums(plane)["quick"] == (1.0, 2.0)
    async with open_pushed(tmp_path, clock) as plane:
        assert sums(plane)["quick"] == (1.0, 2.0)


async def test_what_nobody_asked_for_is_refused_with_the_way_out(tmp_path: Path, clock) -> None:
    async with open_pushed(tmp_path, clock) as plane:
        stranger = pushed(counter(1, at=BEGAN + 5.0), service_name="bert")
        found = await receive(plane, stranger + pushed(counter(1, at=BEGAN + 5.0)))
        assert found.rejected == 1
        assert "match: {service.name: 'bert'}" in found.reason
        half = pushed(counter(1, at=BEGAN + 5.0), service_name="other")
        assert (await receive(plane, half)).rejected == 1
        whole = pushed(counter(1, at=BEGAN + 5.0), service_name="other", faas_name="f")
        assert (await receive(plane, whole)).rejected == 0


async def test_requests_that_come_at_once_share_a_save(tmp_path: Path, clock) -> None:
    async with open_pushed(tmp_path, clock) as plane:
        commits = []
        event.listen(plane.engine, "commit", commits.append)
        sent = [receive(plane, calls(1, 0, at=5.0, sandbox=f"s{n}")) for n in range(30)]
        await asyncio.gather(*sent)
        assert len(commits) <= 2
        assert sums(plane)["answered"] == (0.0, 30.0)


async def test_too_many_at_once_are_told_to_come_back(tmp_path: Path, clock, monkeypatch) -> None:
    monkeypatch.setattr(push_receiver, "MAX_WAITING", 3)
    async with open_pushed(tmp_path, clock) as plane:
        sent = [receive(plane, calls(1, 0, at=5.0, sandbox=f"s{n}")) for n in range(5)]
        found = await asyncio.gather(*sent, return_exceptions=True)
        assert [isinstance(one, Overloaded) for one in found] == [False] * 3 + [True] * 2
        assert sums(plane)["answered"] == (0.0, 3.0)


async def test_a_client_that_left_does_not_disturb_the_others(tmp_path: Path, clock) -> None:
    async with open_pushed(tmp_path, clock) as plane:
        gone = asyncio.create_task(receive(plane, calls(1, 0, at=5.0, sandbox="gone")))
        here = asyncio.create_task(receive(plane, calls(1, 0, at=5.0, sandbox="here")))
        await asyncio.sleep(0)
        gone.cancel()
        await here
        assert sums(plane)["answered"] == (0.0, 2.0)


def break_table(plane: Plane, *, broken: bool) -> None:
    names = ("push_state", "elsewhere") if broken else ("elsewhere", "push_state")
    with plane.engine.begin() as connection:
        connection.execute(text("ALTER TABLE {} RENAME TO {}".format(*names)))


@pytest.mark.parametrize("killed", [True, False])
async def test_what_could_not_be_saved_is_not_answered_and_counts_once(
    tmp_path: Path, clock, *, killed: bool
) -> None:
    async with open_pushed(tmp_path, clock) as plane:
        await receive(plane, calls(10, 1, at=5.0))
        break_table(plane, broken=True)
        with pytest.raises(NotSaved, match="Send it again"):
            await receive(plane, calls(12, 1, at=6.0) + timed(1, 0, 0, at=6.0))
        await save_counts(plane)
        break_table(plane, broken=False)
        if not killed:
            await receive(plane, calls(12, 1, at=6.0) + timed(1, 0, 0, at=6.0))
            assert sums(plane) == {"answered": (1.0, 12.0), "quick": (1.0, 1.0)}
    async with open_pushed(tmp_path, clock) as plane:
        await receive(plane, calls(12, 1, at=6.0) + timed(1, 0, 0, at=6.0))
        assert sums(plane) == {"answered": (1.0, 12.0), "quick": (1.0, 1.0)}


async def test_standings_say_what_came(tmp_path: Path, clock) -> None:
    async with open_pushed(tmp_path, clock) as plane:
        for _ in range(2):
            await receive(plane, calls(10, 1, at=5.0))
        standing = plane.pushes.standings["iris-fn"]
        assert (standing.counted, standing.rejected) == (2, 2)
        assert "late" in standing.reason
        assert plane.pushes.size("iris-fn") == (2, 2)
        assert plane.pushes.standings["other-fn"].at is None


async def test_the_same_slo_is_counted_on_targets_and_on_pushes(tmp_path: Path, clock) -> None:
    async with open_pushed(tmp_path, clock) as plane:
        target = parse_target({"name": "t", "url": "http://127.0.0.1:9/metrics", "service": "iris"})
        plane.book.put(API, [target])
        retarget(plane)
        await receive(plane, calls(10, 1, at=5.0))
        page = LayoutCache().read("t", b"faas_invocations_total 0\n")
        for number in (0.0, 4.0):
            plane.counting.observe("t", page.layout.series, np.array([number]), started=None)
        assert sums(plane)["answered"] == (1.0, 14.0)


async def test_without_sources_nothing_is_kept(world) -> None:
    found = await receive(world.plane, calls(1, 0, at=5.0))
    assert found.rejected == 2
    assert "push:" in found.reason


class Life:
    """Three sandboxes that count by themselves, and a plane that is not always well."""

    def __init__(self, folder: Path) -> None:
        self.expected = 0
        self._folder = folder
        self._at = 2.0
        self._values = [0, 0, 0]
        self._starts = [BEGAN + 1.0] * 3
        self._last = pushed()
        self._stack = AsyncExitStack()

    async def begin(self) -> None:
        self.plane = await self._stack.enter_async_context(open_pushed(self._folder, ManualClock()))

    async def kill(self, *_: int) -> None:
        await self._stack.aclose()
        await self.begin()

    async def save(self, *_: int) -> None:
        await save_counts(self.plane)

    async def restart(self, sandbox: int, _: int) -> None:
        self._values[sandbox], self._starts[sandbox] = 0, self._now()

    async def again(self, *_: int) -> None:
        await receive(self.plane, self._last)

    async def delta(self, sandbox: int, gained: int) -> None:
        self.expected += gained
        metric = counter(gained, at=self._now(), temporality=DELTA)
        self._last = pushed(metric, service_instance_id=sandbox)
        await self.again()

    async def call(self, sandbox: int, gained: int) -> None:
        self._called(sandbox, gained)
        await self.again()

    async def fail(self, sandbox: int, gained: int) -> None:
        self._called(sandbox, gained)
        break_table(self.plane, broken=True)
        with pytest.raises(NotSaved):
            await self.again()
        break_table(self.plane, broken=False)

    async def end(self) -> None:
        await self._stack.aclose()

    def _called(self, sandbox: int, gained: int) -> None:
        self._values[sandbox] += gained
        self.expected += gained
        metric = counter(self._values[sandbox], at=self._now(), start=self._starts[sandbox])
        self._last = pushed(metric, service_instance_id=sandbox)

    def _now(self) -> float:
        self._at += 1.0
        return BEGAN + self._at


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["call", "delta", "restart", "again", "kill", "save", "fail"]),
        st.integers(0, 2),
        st.integers(0, 9),
    ),
    max_size=25,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_any_mixture_of_kills_repeats_and_restarts_counts_every_call_once(
    events: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def live() -> None:
        life = Life(tmp_path_factory.mktemp("push"))
        await life.begin()
        for what, sandbox, gained in events:
            await getattr(life, what)(sandbox, gained)
            if what == "fail":  # as an exporter does that was told to come again
                for after in ("save", "kill") if gained % 2 else ("save",):
                    await getattr(life, after)()
                await life.again()
            assert sums(life.plane)["answered"][1] == life.expected
        await life.end()

    asyncio.run(live())


async def test_the_database_names_what_is_wrong(tmp_path: Path, clock) -> None:
    async with open_pushed(tmp_path, clock) as plane:
        break_table(plane, broken=True)
        with pytest.raises(OperationalError):
            plane.pushes.begin(plane.now())
        break_table(plane, broken=False)
