"""How a kind of server is recognised and read."""

import pytest

from probes.exposition import Limits, Page, read_slow
from probes.plugins import installed
from probes.server_profile import ServerProfile, recognise
from probes.servers.reference_server import REFERENCE_SERVER

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


def read(text: str) -> Page:
    return read_slow(text.encode(), Limits())


def test_a_server_is_recognised_by_its_families():
    assert recognise(read(PAGE), [REFERENCE_SERVER]) == (REFERENCE_SERVER,)
    assert recognise(read("up 1\n"), [REFERENCE_SERVER]) == ()


def test_selectors_are_of_one_version():
    who = {"model": "m", "version": "1"}
    inside = 'model="m",version="1"'
    name = "inference_request_duration_seconds"
    assert str(REFERENCE_SERVER.requests(**who)) == f"inference_requests_total{{{inside}}}"
    assert str(REFERENCE_SERVER.errors(**who)) == (
        f'inference_requests_total{{{inside},code=~"5.."}}'
    )
    assert str(REFERENCE_SERVER.latency_count(**who)) == f"{name}_count{{{inside}}}"
    assert str(REFERENCE_SERVER.latency_bucket("0.5", **who)) == (
        f'{name}_bucket{{{inside},le="0.5"}}'
    )


def test_latency_edges_rise_and_keep_their_labels():
    edges = REFERENCE_SERVER.latency_edges([read(PAGE), read("up 1\n")], model="m")
    assert list(edges.items()) == [(0.5, "0.5"), (1.0, "1.0")]


def test_requests_held_are_those_in_flight_and_queued():
    assert REFERENCE_SERVER.held_requests(read(PAGE)) == 7.0
    assert REFERENCE_SERVER.held_requests(read("up 1\n")) == 0.0


@pytest.mark.parametrize("profile", installed("trimtab.servers").values(), ids=lambda p: p.name)
def test_every_installed_profile_is_complete(profile):
    assert isinstance(profile, ServerProfile)
    assert profile.signature
    for path in (profile.ready_path, profile.infer_path):
        assert path.format(model="m", version="1").startswith("/")
    assert profile.latency_unit_seconds > 0.0
