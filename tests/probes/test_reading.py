"""How the versions of a service are told apart and counted."""

from dataclasses import replace

from probes.detection import detect
from probes.exposition import Limits, Page, read_slow
from probes.indicators import Distribution, Ratio, Source
from probes.reading import held_requests, read_service
from probes.server_profile import ServerProfile
from probes.servers.reference_server import REFERENCE_SERVER
from slo import Selector, parse_selectors

PAGE = """# TYPE inference_requests_total counter
inference_requests_total{model="m",version="1",code="200"} 5
inference_requests_total{model="m",version="1",code="500"} 2
inference_request_duration_seconds_bucket{model="m",version="1",le="1.0"} 3
inference_request_duration_seconds_bucket{model="m",version="1",le="0.5"} 3
inference_request_duration_seconds_bucket{model="m",version="1",le="+Inf"} 3
inference_request_duration_seconds_bucket{model="m",version="1",le="soon"} 3
inference_request_duration_seconds_bucket{model="m",version="1"} 3
inference_request_duration_seconds_bucket{model="n",version="1",le="9.0"} 3
inference_in_flight{model="m",version="1"} 4
inference_queue_depth{model="m"} 3
inference_queue_depth{model="n"} NaN
"""
WHO = {"model": "m", "version": "1"}
BUSY = ServerProfile(
    name="busy",
    title="Busy",
    signatures=(("proxy_requests",), ("engine_good", "engine_all")),
    ratios=(
        Ratio(
            source=Source.PROXY,
            total=parse_selectors("proxy_requests"),
            bad=parse_selectors('proxy_requests{code=~"5.."}'),
        ),
        Ratio(
            source=Source.ENGINE,
            total=parse_selectors("engine_all"),
            good=parse_selectors("engine_good"),
            model="name",
            version="version",
        ),
    ),
    distributions=(
        Distribution(
            name="latency", source=Source.PROXY, family=Selector(name="proxy_ms"), scale=0.001
        ),
    ),
)


def read(text: str) -> Page:
    return read_slow(text.encode(), Limits())


def names(selectors: tuple[Selector, ...]) -> list[str]:
    return [str(selector) for selector in selectors]


def test_a_server_is_recognised_by_its_families():
    (found,) = detect(read(PAGE), [REFERENCE_SERVER, BUSY])
    assert found.profile is REFERENCE_SERVER
    assert detect(read("up 1\n"), [REFERENCE_SERVER, BUSY]) == ()


def test_selectors_are_of_one_version():
    reading = read_service(REFERENCE_SERVER, [read(PAGE)], model="m")
    inside = 'model="m",version="1"'
    name = "inference_request_duration_seconds"
    assert reading.by_label
    assert reading.counts_bad
    assert names(reading.requests(**WHO)) == [f"inference_requests_total{{{inside}}}"]
    assert names(reading.part(**WHO)) == [f'inference_requests_total{{code=~"5..",{inside}}}']
    assert names(reading.timed(**WHO)) == [f"{name}_count{{{inside}}}"]
    assert names(reading.within("0.5", **WHO)) == [f'{name}_bucket{{{inside},le="0.5"}}']


def test_latency_edges_rise_and_keep_their_labels():
    reading = read_service(REFERENCE_SERVER, [read(PAGE), read("up 1\n")], model="m")
    assert list(reading.edges.items()) == [(0.5, "0.5"), (1.0, "1.0")]


def test_what_tells_versions_apart_goes_before_what_is_nearer_to_the_client():
    page = read('proxy_requests{code="200"} 1\nengine_all{version="1"} 1\nengine_good 1\n')
    reading = read_service(BUSY, [page], model="m")
    assert reading.by_label
    assert not reading.counts_bad
    assert names(reading.requests(**WHO)) == ['engine_all{name="m",version="1"}']
    assert names(reading.part(**WHO)) == ['engine_good{name="m",version="1"}']
    assert reading.latency is None
    assert reading.timed(**WHO) == reading.within("1", **WHO) == ()


def test_without_a_label_each_version_has_its_own_targets_and_units_are_kept():
    page = read('proxy_requests{code="200"} 1\nproxy_ms_bucket{le="250"} 1\n')
    reading = read_service(BUSY, [page], model="m")
    assert not reading.by_label
    assert names(reading.requests(**WHO)) == ["proxy_requests"]
    assert names(reading.within("250", **WHO)) == ['proxy_ms_bucket{le="250"}']
    assert dict(reading.edges) == {0.25: "250"}


def test_pages_without_requests_cannot_be_read():
    assert read_service(BUSY, [read("up 1\n")], model="m") is None


def test_requests_held_are_those_in_flight_and_queued():
    assert held_requests(REFERENCE_SERVER, read(PAGE)) == 7.0
    assert held_requests(REFERENCE_SERVER, read("up 1\n")) == 0.0
    assert held_requests(replace(REFERENCE_SERVER, held=("in_flight",)), read(PAGE)) == 4.0
