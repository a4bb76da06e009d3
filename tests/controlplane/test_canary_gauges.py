"""Where the levels of replicas are read, and of which version they are."""

import pytest

from controlplane.canary_gauges import PageSeen, WatchedGauge, gauges_of, read_gauges, sides_of
from controlplane.decide.rollout_gauge import GaugeAction, GaugeAsked
from controlplane.errors import InvalidConfig
from controlplane.spec import parse_config
from controlplane.wanted import wanted_names
from probes.gpu_join import serving_gpus
from probes.layout_cache import LayoutCache
from probes.plugins import installed
from tests.controlplane.loops.test_rollout import start, traffic_second
from tests.controlplane.small_world import Surroundings, open_world

LAYOUTS = LayoutCache()
SERVERS = installed("trimtab.servers")
TRITON, VLLM = SERVERS["triton"], SERVERS["vllm"]
DCGM = """DCGM_FI_DEV_GPU_UTIL{UUID="GPU-1",pod=""} 80
DCGM_FI_DEV_FB_USED{UUID="GPU-1",pod=""} 1024
DCGM_FI_DEV_FB_FREE{UUID="GPU-1",pod=""} 1024
"""


def page(text):
    return LAYOUTS.read("replica", text.encode())


def gauge(profile, **asked) -> WatchedGauge:
    (found,) = gauges_of([GaugeAsked(**asked)], profile)
    return found


def level(found, text, version="2"):
    return found.read(PageSeen(at=1.0, page=page(text)), model="iris", version=version)


def test_shares_of_several_cards_are_averaged_and_bytes_are_added():
    cards = 'nv_gpu_utilization{gpu_uuid="a"} 0.2\nnv_gpu_utilization{gpu_uuid="b"} 0.6\n'
    assert level(gauge(TRITON, name="gpu_utilization"), cards) == pytest.approx(0.4)
    bytes_used = (
        'nv_gpu_memory_used_bytes{gpu_uuid="a"} 3\nnv_gpu_memory_used_bytes{gpu_uuid="b"} 4\n'
    )
    assert level(gauge(TRITON, name="gpu_memory_used"), bytes_used) == 7.0


def test_a_level_of_one_model_and_version_is_read_alone():
    waiting = "".join(
        f'nv_inference_pending_request_count{{model="{model}",version="{version}"}} {count}\n'
        for model, version, count in (("iris", "2", 5), ("iris", "1", 50), ("bert", "2", 500))
    )
    assert level(gauge(TRITON, name="queue_depth"), waiting) == 5.0
    assert level(gauge(TRITON, name="queue_depth"), waiting, version="3") is None


@pytest.mark.parametrize("text", ["", "queue NaN\n", "queue +Inf\n", "other 3\n"])
def test_what_is_not_told_is_nothing(text):
    assert level(gauge(VLLM, name="q", series="sum(queue)"), text) is None


def test_written_series_are_added():
    queues = 'queue{lane="a"} 3\nqueue{lane="b"} 4\nother 9\n'
    assert level(gauge(VLLM, name="q", series="sum(queue)"), queues) == 7.0
    assert level(gauge(VLLM, name="q", series='queue{lane="a"} + other'), queues) == 12.0


def test_an_exporter_of_gpus_tells_what_the_server_does_not():
    own = page('gpu_info{gpu_uuid="GPU-1"} 1\n')
    (serving,) = serving_gpus({"own": own, "dcgm": page(DCGM)}, ["own"]).values()
    seen = PageSeen(at=1.0, page=own, serving=serving)
    busy, taken = (gauge(VLLM, name=name) for name in ("gpu_utilization", "gpu_memory_used"))
    assert busy.of_gpus
    assert busy.read(seen, model="iris", version="2") == 0.8
    assert taken.read(seen, model="iris", version="2") == 1024.0 * (1 << 20)
    assert busy.read(PageSeen(at=1.0, page=own), model="iris", version="2") is None


def test_a_replica_is_of_the_version_that_it_answers_for():
    sides = sides_of({"a": 3.0, "b": 1.0, "c": 0.0}, {"b": 9.0, "c": 2.0})
    assert sides == {"canary": {"a"}, "baseline": {"c"}, "both": {"b"}}
    pages = {name: PageSeen(at=1.0, page=page(f"queue {n}\n")) for n, name in enumerate("abc")}
    asked = gauge(VLLM, name="q", series="queue", action=GaugeAction.ROLLBACK)
    assert asked.metric.rolls_back
    read = read_gauges([asked], pages, sides, model="iris", versions=("2", "1"), elapsed=7.0)
    assert (read["q"].canary, read["q"].baseline) == ({"a": 0.0}, {"c": 2.0})
    assert (read["q"].shared, read["q"].elapsed_seconds) == (1, 7.0)


@pytest.mark.anyio
async def test_only_while_a_rollout_watches_them_are_their_series_read(
    around: Surroundings,
) -> None:
    asks = "gauges: [{name: load, series: 'node_load1'}, {name: gpu_utilization}]"
    names = {"node_load1", "DCGM_FI_DEV_GPU_UTIL"}
    async with open_world(around, change=("horizon: 1h}", f"horizon: 1h, {asks}}}")) as world:
        (target,) = world.plane.book.targets
        await world.measure()
        assert not names & wanted_names(world.plane, target)
        rollout = await start(world)
        for _ in range(5):
            await traffic_second(world)
        assert names <= wanted_names(world.plane, target)
        world.plane.canaries.end(world.plane.rollouts.get(rollout.id))
        assert not names & wanted_names(world.plane, target)


def test_an_unreadable_series_in_the_file_is_named() -> None:
    text = "services: {a: {rollout: {gauges: [{name: q, series: 'sum('}]}}}"
    with pytest.raises(InvalidConfig, match=r"services.a.rollout.gauges.0.series.*no selector"):
        parse_config(text, origin="x")
