"""One span per inference request."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from reference_server.app import build_service
from reference_server.settings import Settings

pytestmark = pytest.mark.anyio
TRACE = "0af7651916cd43dd8448eb211c80319c"


async def test_spans_are_lines_of_json_under_the_callers_span(
    settings: Settings, flower: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "spans.jsonl"
    with build_service(replace(settings, traces=path)) as service:
        transport = httpx.ASGITransport(app=service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
            parent = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
            await client.post("/v2/models/tiny/infer", json=flower, headers=parent)
            await client.put("/v2/models/tiny/versions/1/faults", json={"error_share": 1})
            await client.post("/v2/models/tiny/infer", json=flower)
    good, bad = (orjson.loads(line) for line in path.read_bytes().splitlines())
    assert good["context"]["trace_id"] == f"0x{TRACE}"
    assert good["parent_id"] == "0xb7ad6b7169203331"
    assert good["attributes"]["inference.version"] == "1"
    assert good["attributes"]["inference.queue_seconds"] > 0.0
    assert bad["parent_id"] is None
    assert bad["status"]["status_code"] == "ERROR"
    assert bad["attributes"]["http.response.status_code"] == 500
