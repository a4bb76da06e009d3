"""SLOs that are proposed must be such as the plane takes, and count on the very page."""

from pathlib import Path

import pytest
import yaml

from controlplane.suggested_slos import suggest_slos
from probes.detection import detect
from probes.exposition import Limits, read_slow
from probes.plugins import installed
from slo import read_openslo, resolve_sli

PAGES = sorted((Path(__file__).parents[3] / "shared" / "data" / "metrics-pages").glob("*.prom"))
PROFILES = tuple(installed("trimtab.servers").values())
REFERENCE = b"""inference_requests_total{model="m",version="1",code="200"} 5
inference_request_duration_seconds_bucket{model="m",version="1",le="0.1"} 4
inference_request_duration_seconds_bucket{model="m",version="1",le="0.5"} 5
inference_request_duration_seconds_bucket{model="m",version="1",le="+Inf"} 5
"""


def suggested(body: bytes, service: str = "svc") -> list[dict]:
    page = read_slow(body, Limits())
    return [
        one
        for found in detect(page, PROFILES)
        for one in suggest_slos(found, page, service=service)
    ]


@pytest.mark.skipif(not PAGES, reason="the pages of real servers are not beside this tree")
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_what_is_proposed_can_be_counted_on_the_page(path):
    page = read_slow(path.read_bytes(), Limits())
    # A page of several systems proposes for each: their names may well be the same.
    proposed = [suggest_slos(found, page, service="svc") for found in detect(page, PROFILES)]
    texts = [yaml.safe_dump_all(documents) for documents in proposed if documents]
    for slo in (slo for text in texts for slo in read_openslo(text)):
        for selector in resolve_sli(slo.sli, page.layout.series).whole:
            assert any(selector.selects(name, labels) for name, labels in page.layout.series)


def test_the_limit_is_what_nearly_all_are_within():
    availability, latency = suggested(REFERENCE)
    assert availability["metadata"]["name"] == "svc-m-availability"
    assert latency["spec"]["objectives"] == [
        {"displayName": "latency", "target": 0.99, "op": "lte", "value": 0.5}
    ]


def test_without_requests_the_limit_is_near_a_quarter_of_a_second():
    latency = suggested(REFERENCE.replace(b"} 5", b"} 0").replace(b"} 4", b"} 0"))[1]
    assert latency["spec"]["objectives"][0]["value"] == 0.1


def test_a_name_that_is_too_long_is_told_by_its_fingerprint():
    names = {
        one["metadata"]["name"]
        for model in ("a" * 70, "b" * 70)
        for one in suggested(REFERENCE.replace(b'"m"', f'"{model}"'.encode()), service="iris")
    }
    assert len(names) == 4
    assert all(name.startswith("iris-") and len(name) <= 63 for name in names)


def test_a_level_that_fills_up_is_promised_to_have_room():
    page = b"""vllm:num_requests_running{model_name="m"} 0
vllm:num_requests_waiting{model_name="m"} 0
vllm:kv_cache_usage_perc{model_name="m"} 0.5
vllm:request_success_total{model_name="m",finished_reason="stop"} 5
"""
    saturation = next(one for one in suggested(page) if "kv" in one["metadata"]["name"])
    assert saturation["spec"]["objectives"] == [
        {"displayName": "kv cache", "target": 0.95, "op": "lt", "value": 0.9}
    ]
    (slo,) = read_openslo(yaml.safe_dump(saturation))
    assert str(slo.sli) == 'max(vllm:kv_cache_usage_perc{model_name="m"}) < 0.9'
