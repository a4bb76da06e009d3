import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.otlp_names import label_name, metric_name, series_labels


@pytest.mark.parametrize(
    ("name", "unit", "kind", "expected"),
    [
        ("faas.invocations", "{invocation}", "monotonic", "faas_invocations_total"),
        ("faas.errors", "", "monotonic", "faas_errors_total"),
        ("faas.invoke_duration", "s", "", "faas_invoke_duration_seconds"),
        ("faas.mem_usage", "By", "", "faas_mem_usage_bytes"),
        ("http.server.request.duration", "s", "", "http_server_request_duration_seconds"),
        ("system.cpu.time", "s", "monotonic", "system_cpu_time_seconds_total"),
        ("requests.total", "1", "monotonic", "requests_total"),
        ("cpu.utilization", "1", "gauge", "cpu_utilization_ratio"),
        ("hits.ratio", "1", "gauge", "hits_ratio"),
        ("count", "1", "", "count"),
        ("duration_seconds", "s", "", "duration_seconds"),
        ("disk.speed", "By/s", "", "disk_speed_bytes_per_second"),
        ("beats", "{beat}/min", "", "beats_per_minute"),
        ("odd", "furlong", "", "odd_furlong"),
        ("4xx..answers", "", "", "_4xx_answers"),
        ("ns:name", "", "", "ns:name"),
        ("...", "", "", "_"),
    ],
)
def test_a_name_is_what_prometheus_would_store(name, unit, kind, expected):
    flags = {kind: True} if kind else {}
    assert metric_name(name, unit, **flags) == expected


@given(st.text(max_size=40), st.text(max_size=12), st.booleans())
def test_every_name_can_be_written_in_a_selector(name, unit, flag):
    found = metric_name(name, unit, monotonic=flag, gauge=not flag)
    assert re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", found)
    assert re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", label_name(name))


def test_what_tells_sandboxes_apart_is_no_label():
    resource = {
        "service.name": "iris",
        "service.namespace": "shop",
        "service.instance.id": "a1",
        "service.version": "7",
        "faas.name": "classify",
        "faas.instance": "2026/[$LATEST]a1",
        "telemetry.sdk.name": "opentelemetry",
    }
    assert series_labels(resource, {"faas.trigger": "http"}) == {
        "faas_name": "classify",
        "faas_trigger": "http",
        "job": "shop/iris",
        "service_version": "7",
    }


def test_attributes_of_one_label_are_joined():
    assert series_labels({}, {"a.b": "1", "a_b": "2"}) == {"a_b": "1;2"}
