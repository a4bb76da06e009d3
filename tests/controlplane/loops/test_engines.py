"""SLOs on an engine's samples: exact as pages are, through restarts, outages and answers in part."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import httpx
import numpy as np
import pytest
from aiohttp import web
from fastapi import FastAPI

from controlplane.decide.alert_state import AlertState
from controlplane.gate_desk import ask_gate
from controlplane.loops.engines import read_engines
from controlplane.loops.evaluate import evaluate
from controlplane.loops.measure import save_counts
from controlplane.loops.vanish import watch_for_silence
from controlplane.slo_desk import apply_set, read_set
from controlplane.slo_evaluation import evaluate_promise, perhaps_good
from tests.controlplane.engines.engine_of_samples import EngineOfSamples
from tests.controlplane.small_world import SLO, Surroundings, World, open_world

pytestmark = pytest.mark.anyio
BAD, GOOD = 'inference_requests_total{code="500"}', 'inference_requests_total{code="200"}'
OURS = SLO.replace('{model="resnet",code=~"5.."}', '{code=~"5.."}').replace('{model="resnet"}', "")
OURS = OURS.replace('{trimtab.dev/blame-by: "version,target"}', "{}")
MINE = OURS.replace("type: trimtab", "metricSourceRef: fleet").replace("availability", "mine")
STEP = 15.0


class Fleet:
    """Two instances behind an engine, of which the second restarts now and then."""

    def __init__(self, engine: EngineOfSamples) -> None:
        self.engine = engine
        self.counts = {name: np.zeros(2) for name in ("a", "b")}
        self.rng = np.random.default_rng(1)
        self.truth = np.zeros(2)
        self.scrapes = 0

    def scrape(self, at: float, *, share: float = 0.05) -> None:
        """Let a step of traffic pass, then have both scraped at moments of their own."""
        for name, offset in (("a", 0.0), ("b", 7.0)):
            gained = np.array([self.rng.poisson(20), self.rng.binomial(20, share)], dtype=float)
            if name == "b" and self.scrapes % 17 == 16:
                self.counts[name] = np.zeros(2)
            self.counts[name] = self.counts[name] + gained
            self.truth += gained if self.scrapes else 0.0
            good, bad = self.counts[name].tolist()
            self.engine.show(at + offset, name, {GOOD: good, BAD: bad})
        self.scrapes += 1


@pytest.fixture
async def engine(
    serve: Callable[..., Awaitable[str]],
) -> tuple[EngineOfSamples, str]:
    found = EngineOfSamples()
    return found, await serve(found.handle)


def more(url: str, **extra: str) -> str:
    settings = "".join(f", {key}: {value}" for key, value in extra.items())
    return f'storage: {{engines: {{fleet: {{engine: prometheus, url: "{url}"{settings}}}}}}}\n'


def counts(world: World, name: str = "mine") -> tuple[int, int]:
    promise = world.plane.promises[name]
    found = evaluate_promise(promise, world.plane.counting, now=world.plane.now()).budget.counts
    return found.good, found.bad


async def pass_time(world: World, fleet: Fleet, steps: int, **how: float) -> None:
    for _ in range(steps):
        fleet.scrape(world.plane.now(), **how)
        world.clock.elapsed += STEP
        await read_engines(world.plane)


async def settle(world: World) -> None:
    """Wait until all that was scraped was read."""
    world.clock.elapsed += 30.0
    await read_engines(world.plane)


async def test_the_past_and_what_follows_add_up_to_every_event(
    around: Surroundings, engine
) -> None:
    fleet = Fleet(engine[0])
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        for _ in range(50):
            fleet.scrape(world.plane.now())
            world.clock.elapsed += STEP
        await read_engines(world.plane)
        assert counts(world) == tuple(fleet.truth)
        await pass_time(world, fleet, 40)
        await settle(world)
        assert counts(world) == tuple(fleet.truth)
        await world.measure()  # pages of the service's targets are no part of it
        assert counts(world) == tuple(fleet.truth)
        (promise,) = world.plane.promises.values()
        within = world.plane.counting.span(
            promise.keys, now=world.plane.now(), seconds=10 * STEP + 1
        )
        assert within.gained[promise.total_key] == pytest.approx(fleet.truth.sum() / 9, rel=0.3)


@pytest.mark.parametrize("saved", [True, False])
async def test_a_restart_counts_what_came_in_between_once(
    around: Surroundings, engine, saved
) -> None:
    fleet = Fleet(engine[0])
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        await pass_time(world, fleet, 10)
        await save_counts(world.plane)
        await pass_time(world, fleet, 7)
        if saved:
            await save_counts(world.plane)
        for _ in range(8):  # down for two minutes
            fleet.scrape(world.plane.now())
            world.clock.elapsed += STEP
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        labels = {"slo": "mine", "service": "resnet", "outcome": "good"}
        shown = partial(
            world.plane.telemetry.registry.get_sample_value, "trimtab_slo_events_total", labels
        )
        assert shown() is None  # the last samples before it was killed are still to be read
        await pass_time(world, fleet, 5)
        await settle(world)
        assert counts(world) == tuple(fleet.truth)
        assert shown() == fleet.truth[0]


async def test_an_outage_is_told_pages_and_loses_nothing(
    around: Surroundings, engine, app: FastAPI
) -> None:
    fleet = Fleet(engine[0])
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        await pass_time(world, fleet, 10, share=0.0)
        engine[0].status = 503
        for _ in range(24):
            await pass_time(world, fleet, 1)
            await watch_for_silence(world.plane)
        app.state.plane = world.plane
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
            (feed,) = (await api.get("/v1/engines")).json()["items"]
            assert (feed["ok"], feed["targets"]) == (False, 2)
            assert "answered HTTP 503: no luck" in feed["reason"]
            shown = (await api.get("/v1/slos/mine")).json()["status"]
            assert "answered HTTP 503" in shown["reason"]
            assert shown["state"] == "unknown"
            assert shown["restsOn"] == "the engine fleet"
        assert world.plane.live.alerts["mine/vanished"].state is AlertState.FIRING
        (record,) = [r for r in world.plane.alerts.list() if r.key == "mine/vanished"]
        assert record.annotations["summary"].startswith("no sample of the engine fleet")
        engine[0].status = 200
        await pass_time(world, fleet, 12)
        await settle(world)
        assert counts(world) == tuple(fleet.truth)
        for _ in range(6):
            await pass_time(world, fleet, 2)
            await watch_for_silence(world.plane)
        assert world.plane.live.alerts["mine/vanished"].state is AlertState.RESOLVED


@pytest.mark.parametrize(
    ("how", "said"),
    [({"warning": "a store did not answer"}, "a store"), ({"partial": True}, "a part of")],
    ids=["Thanos", "VictoriaMetrics"],
)
async def test_an_answer_in_part_is_not_counted_and_asked_again(
    around: Surroundings, engine, how, said
) -> None:
    fleet = Fleet(engine[0])
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        await pass_time(world, fleet, 6)
        before = counts(world)
        for name, value in how.items():
            setattr(engine[0], name, value)
        await pass_time(world, fleet, 6)
        assert counts(world) == before
        feed = world.plane.live.feeds["mine"]
        assert (feed.ok, f"answered in part: {said}" in feed.reason) == (False, True)
        engine[0].warning, engine[0].partial = "", False
        await pass_time(world, fleet, 4)
        await settle(world)
        assert counts(world) == tuple(fleet.truth)


async def test_every_slo_may_rest_on_the_engine_and_burns_alike(
    around: Surroundings, engine
) -> None:
    fleet = Fleet(engine[0])
    storage = f'storage: {{series: {{engine: prometheus, url: "{engine[1]}", every: 15s}}}}\n'
    slo = OURS.replace("type: trimtab", "type: Prometheus").replace("duration: 30m", "duration: 2d")
    async with open_world(around, more=storage, slo=slo) as world:
        assert world.plane.promises["availability"].engine == "series"
        await pass_time(world, fleet, 20, share=0.0)
        await evaluate(world.plane)
        assert "availability/page" not in world.plane.live.alerts
        for _ in range(20):
            await pass_time(world, fleet, 1, share=0.9)
            await evaluate(world.plane)
        assert world.plane.live.alerts["availability/page"].state is AlertState.FIRING


async def test_slices_are_cut_by_the_samples_own_times(around: Surroundings, engine) -> None:
    fleet = Fleet(engine[0])
    slices = MINE.replace("budgetingMethod: Occurrences", "budgetingMethod: Timeslices").replace(
        "target: 0.99}", "target: 0.99, timeSliceTarget: 0.9, timeSliceWindow: 1m}"
    )
    async with open_world(around, more=more(engine[1]), slo=slices) as world:
        for share in (0.0, 1.0):
            await pass_time(world, fleet, 20, share=share)
        await settle(world)
        good, bad = counts(world)
        assert good + bad in (9, 10)
        assert bad in (4, 5, 6)
        promise = world.plane.promises["mine"]
        early = world.plane.counting.gained_between(
            promise.keys, world.plane.now() - 560.0, world.plane.now() - 330.0
        )
        assert early[promise.part_key] == early[promise.total_key] >= 3


async def test_each_set_of_labels_has_a_past_of_its_own(around: Surroundings, engine) -> None:
    fleet = Fleet(engine[0])
    each = MINE.replace("annotations: {}", "annotations: {trimtab.dev/each: instance}")
    async with open_world(around, more=more(engine[1]), slo=each) as world:
        await pass_time(world, fleet, 30)
        await settle(world)
        whole = sum(sum(counts(world, f"mine:{name}")) for name in ("a", "b"))
        assert whole == sum(counts(world)) == fleet.truth.sum()
        for number in range(12):  # another set comes later
            engine[0].show(world.plane.now(), "c", {GOOD: 100.0 + number, BAD: 50.0})
            await pass_time(world, fleet, 1)
        await settle(world)
        assert counts(world, "mine:c") == (11, 0)


@pytest.mark.parametrize("before", [0, 20])
async def test_series_of_a_target_may_be_scraped_at_moments_of_their_own(
    around: Surroundings, engine, before
) -> None:
    """What they show at first happened before, however many pages were there when it began."""
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        for number in range(before + 20):
            engine[0].show(world.plane.now(), "a", {GOOD: 1e6 + 10.0 * number})
            engine[0].show(world.plane.now() + 7.0, "a", {BAD: 1e5 + number})
            world.clock.elapsed += STEP
            if number >= before:
                await read_engines(world.plane)
        await settle(world)
        assert counts(world) == (10 * (before + 19), before + 19)


GAUGE = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: fast}
spec:
  service: resnet
  indicator:
    metadata: {name: depth}
    spec: {thresholdMetric: {metricSource: {metricSourceRef: fleet, spec: {query: depth}}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1d, isRolling: true}]
  objectives: [{op: lte, value: 5, target: 0.9}]
"""


async def test_each_reading_of_a_gauge_is_counted_once_from_the_first_on(
    around: Surroundings, engine
) -> None:
    async with open_world(around, more=more(engine[1]), slo=GAUGE) as world:
        for number in range(40):
            engine[0].show(world.plane.now(), "a", {"depth": float(number % 10)})
            world.clock.elapsed += STEP
            if number > 20:
                await read_engines(world.plane)
        await settle(world)
        assert counts(world, "fast") == (24, 16)


@pytest.mark.parametrize("late", range(0, 75, 15))
async def test_no_slice_is_lost_or_counted_twice_where_watching_begins(
    around: Surroundings, engine, late
) -> None:
    slices = GAUGE.replace("budgetingMethod: Occurrences", "budgetingMethod: Timeslices").replace(
        "target: 0.9}", "target: 0.9, timeSliceTarget: 0.9, timeSliceWindow: 1m}"
    )
    keeps: dict[float, bool] = {}
    async with open_world(around, more=more(engine[1]), slo=slices) as world:

        async def show(steps: int, *, read: bool) -> None:
            for _ in range(steps):
                slice_, second = divmod(world.plane.now(), 60.0)
                is_bad = slice_ % 2 == 1 and second == 45.0  # the last page of every other slice
                keeps[slice_] = keeps.get(slice_, True) and not is_bad
                engine[0].show(world.plane.now(), "a", {"depth": 9.0 if is_bad else 1.0})
                world.clock.elapsed += STEP
                if read:
                    await read_engines(world.plane)

        await show(20, read=False)
        world.clock.elapsed += late  # nothing new comes for a while, and then watching begins
        await read_engines(world.plane)
        await show(20, read=True)
        await settle(world)
        over = [keeps[slice_] for slice_ in sorted(keeps)[:-1]]
        assert counts(world, "fast") == (over.count(True), over.count(False))


async def test_an_slo_that_is_let_go_while_its_engine_is_asked_is_counted_no_more(
    around: Surroundings, engine, serve
) -> None:
    fleet, arrived = Fleet(engine[0]), asyncio.Event()

    async def tell(request: web.Request) -> web.Response:
        arrived.set()
        return await engine[0].handle(request)

    async with open_world(around, more=more(await serve(tell))) as world:
        files = {"mine.yaml": MINE}
        for _ in range(10):
            fleet.scrape(world.plane.now())
            world.clock.elapsed += STEP
        apply_set(world.plane, "team", files, read_set(world.plane, files), prune=False)
        reading = asyncio.create_task(read_engines(world.plane))
        await arrived.wait()
        other = {"mine.yaml": MINE.replace('code=~"5.."', 'code="200"')}
        apply_set(world.plane, "team", other, read_set(world.plane, other), prune=False)
        await reading
        assert not world.plane.counting.defines("slo/mine/total")
        await settle(world)
        good, bad = counts(world)
        assert (good, bad) == (fleet.truth[1], fleet.truth[0])


async def test_an_engine_that_answers_nonsense_holds_up_no_other(
    around: Surroundings, engine, serve
) -> None:
    async def nonsense(_: web.Request) -> web.Response:
        return web.json_response({"status": "success", "data": [{"job": "j"}]})

    fleet, wrong = Fleet(engine[0]), await serve(nonsense)
    engines = more(engine[1]).replace(
        "engines: {", f'engines: {{wrong: {{engine: prometheus, url: "{wrong}"}}, '
    )
    both = (
        MINE + "---" + MINE.replace("name: mine", "name: his").replace("Ref: fleet", "Ref: wrong")
    )
    async with open_world(around, more=engines, slo=both) as world:
        await pass_time(world, fleet, 10)
        await settle(world)
        assert counts(world) == tuple(fleet.truth)
        assert "answered what is none of Prometheus's API" in world.plane.live.uncounted["his"]


async def test_a_clock_that_is_put_back_stops_nothing(around: Surroundings, engine) -> None:
    fleet = Fleet(engine[0])
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        await pass_time(world, fleet, 10)
        asked = engine[0].asked
        world.clock.set_on = -3600.0
        for _ in range(2):
            world.clock.elapsed += 60.0
            await read_engines(world.plane)
        assert engine[0].asked > asked
        world.clock.set_on = 0.0
        await pass_time(world, fleet, 5)
        await settle(world)
        good_and_bad = world.plane.counting.value("slo/mine/total")
        assert good_and_bad == fleet.truth.sum()


async def test_another_indicator_or_source_goes_on_from_the_same_sums(
    around: Surroundings, engine
) -> None:
    """What the new counters show at first happened before; no event of theirs is made up."""

    def apply(world: World, text: str) -> tuple[str, bool]:
        files = {"mine.yaml": text}
        promises = read_set(world.plane, files)
        (change,) = apply_set(world.plane, "team", files, promises, prune=False)
        return change.change, change.keeps_counts

    async def show(world: World, name: str, begin: float, rounds: int = 8) -> None:
        for number in range(rounds):
            values = {f'{name}{{code="{code}"}}': begin + number for code in (200, 500)}
            engine[0].show(world.plane.now(), "a", values)
            world.clock.elapsed += 31.0
            await read_engines(world.plane)

    async with open_world(around, more=more(engine[1])) as world:
        assert apply(world, MINE) == ("added", True)
        await show(world, "inference_requests_total", 1000.0)
        assert counts(world) == (7, 7)
        other = MINE.replace("inference_requests_total", "answers_total")
        assert apply(world, other) == ("changed", False)
        await show(world, "answers_total", 5000.0, rounds=30)
        assert counts(world) == (7 + 29, 7 + 29)
        paged = other.replace("metricSourceRef: fleet", "type: trimtab")
        assert apply(world, paged) == ("changed", False)
        assert world.plane.promises["mine"].engine == ""
        await world.measure()
        assert world.plane.counting.sources("slo/mine/total") >= {"server"}
        assert counts(world) == (7 + 29, 7 + 29)


NATIVE = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: fast}
spec:
  service: resnet
  indicator:
    metadata: {name: seconds}
    spec: {thresholdMetric: {metricSource: {metricSourceRef: fleet, spec: {query: seconds}}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1d, isRolling: true}]
  objectives: [{op: lte, value: 0.5, target: 0.9}]
"""


async def test_native_histograms_are_exact_at_an_edge_through_coarser_schemas_and_a_restart(
    around: Surroundings, engine
) -> None:
    rng, seen = np.random.default_rng(3), []

    async def pass_native(world: World, schema: int, steps: int) -> None:
        for _ in range(steps):
            seen.extend(np.exp(rng.normal(-0.7, 1.0, size=30)).tolist())
            engine[0].show_native(world.plane.now(), "a", "seconds", seen, schema)
            world.clock.elapsed += 31.0
            await read_engines(world.plane)

    def truth() -> tuple[int, int]:
        within = sum(each <= 0.5 for each in seen[30:])  # what the first showed happened before
        return within, len(seen) - 30 - within

    async with open_world(around, more=more(engine[1]), slo=NATIVE) as world:
        await pass_native(world, 5, 6)
        await pass_native(world, 3, 3)
        assert counts(world, "fast") == truth()
        await save_counts(world.plane)
        await pass_native(world, 1, 2)  # read, and lost with the process
    async with open_world(around, more=more(engine[1]), slo=NATIVE) as world:
        await pass_native(world, 0, 3)
        assert counts(world, "fast") == truth()


async def test_a_limit_between_the_edges_of_native_histograms_is_bounded_or_refused(
    around: Surroundings, engine
) -> None:
    between = NATIVE.replace("value: 0.5", "value: 0.6")
    observed = [0.3, 0.55, 0.58, 0.65, 2.0]
    async with open_world(around, more=more(engine[1]), slo=between) as world:
        for number in range(1, 4):
            engine[0].show_native(world.plane.now(), "a", "seconds", observed * number, 1)
            world.clock.elapsed += 31.0
            await read_engines(world.plane)
        assert "No bucket of seconds ends at 0.6" in world.plane.live.uncounted["fast"]
    bounded = between.replace(
        "{name: fast}", "{name: near, annotations: {trimtab.dev/between-edges: bound}}"
    )
    async with open_world(around, more=more(engine[1]), slo=bounded) as world:
        for number in range(4, 7):
            engine[0].show_native(world.plane.now(), "a", "seconds", observed * number, 1)
            world.clock.elapsed += 31.0
            await read_engines(world.plane)
        assert counts(world, "near") == (5, 20)
        promise = world.plane.promises["near"]
        found = evaluate_promise(promise, world.plane.counting, now=world.plane.now())
        assert perhaps_good(promise, world.plane.counting, found) > 0


async def test_an_engine_that_has_nothing_new_says_nothing_about_now(
    around: Surroundings, engine
) -> None:
    fleet = Fleet(engine[0])
    async with open_world(around, more=more(engine[1]), slo=MINE) as world:
        await read_engines(world.plane)
        assert world.plane.live.uncounted["mine"] == "the engine fleet knows no sample of it"
        await pass_time(world, fleet, 10, share=0.0)
        assert world.plane.live.uncounted["mine"] == ""
        world.clock.elapsed += 400.0
        await read_engines(world.plane)
        assert "s old" in world.plane.live.uncounted["mine"]
        assert ask_gate(world.plane, "resnet").gate == "unknown"
