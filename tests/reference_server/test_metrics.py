"""What the server says about itself."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from reference_server.metrics import EDGES

pytestmark = pytest.mark.anyio


async def test_every_version_is_on_the_page_before_its_first_request(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    for model, version in (("tiny", "1"), ("tiny", "2"), ("other", "1")):
        labels = f'model="{model}",version="{version}"'
        for code in ("200", "500"):
            assert f'inference_requests_total{{code="{code}",{labels}}} 0.0' in lines
        assert f"inference_request_duration_seconds_count{{{labels}}} 0.0" in lines
        assert f"inference_in_flight{{{labels}}} 0.0" in lines
    assert 'inference_queue_depth{model="tiny"} 0.0' in lines
    assert not [line for line in lines if "_created" in line]


async def test_the_page_tells_of_the_process_and_of_gpus(client: httpx.AsyncClient) -> None:
    page = (await client.get("/metrics")).text
    names = {family.name for family in text_string_to_metric_families(page)}
    assert {"process_start_time_seconds", "process_resident_memory_bytes"} <= names
    assert "gpu_metrics_available" in names
    assert "not read yet" not in page


def test_buckets_end_at_the_usual_limits_in_order() -> None:
    assert list(EDGES) == sorted(set(EDGES))
    assert {0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0} <= set(EDGES)
