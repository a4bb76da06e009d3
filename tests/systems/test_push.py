"""A real exporter pushes to a real control plane that is killed between two pushes."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import (
    Aggregation,
    DefaultAggregation,
    ExponentialBucketHistogramAggregation,
)
from opentelemetry.sdk.resources import Resource

from tests.controlplane.pushing import CONFIG, SLOS

SANDBOXES = 20
LIMIT = 0.125
"""An edge of the explicit histogram below, and of every exponential one."""
EXPONENTIAL = ExponentialBucketHistogramAggregation()
CUMULATIVE, DELTA = AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA


class Plane:
    """`trimtab up` in a process of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        self.url = f"http://{address}"
        (folder / "slos.yaml").write_text(SLOS.replace("value: 0.1,", f"value: {LIMIT},"))
        self._config = folder / "trimtab.yaml"
        self._config.write_text(f"{CONFIG}\napi: {{listen: {address}}}\n")
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "controlplane", "up", "-c", str(self._config)]
        self._process = subprocess.Popen(command)
        for _ in range(600):
            try:
                httpx.get(f"{self.url}/healthz")
            except httpx.TransportError:
                assert self._process.poll() is None, "the plane ended before it began"
                time.sleep(0.05)
            else:
                return
        pytest.fail("the plane did not start within half a minute")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(30)

    def counts(self, slo: str) -> tuple[int, int]:
        """Good and all events."""
        counts = httpx.get(f"{self.url}/v1/slos/{slo}/budget").json()
        return counts["good"], counts["total"]


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    opened = Plane(tmp_path)
    yield opened
    opened.kill()


class Sandbox:
    """A function's sandbox: it counts its calls, and pushes when told."""

    def __init__(
        self, plane: Plane, name: str, temporality: AggregationTemporality, aggregation: Aggregation
    ) -> None:
        exporter = OTLPMetricExporter(
            endpoint=f"{plane.url}/v1/metrics",
            compression=Compression.Gzip,
            preferred_temporality={Counter: temporality, Histogram: temporality},
            preferred_aggregation={Histogram: aggregation},
        )
        self._reader = PeriodicExportingMetricReader(exporter, export_interval_millis=1e9)
        named = {"service.name": "iris", "service.instance.id": name, "faas.name": "iris"}
        self._provider = MeterProvider([self._reader], Resource(named), shutdown_on_exit=False)
        meter = self._provider.get_meter("test")
        self._calls = meter.create_counter("faas.invocations", unit="{invocation}")
        self._errors = meter.create_counter("faas.errors", unit="{error}")
        self._seconds = meter.create_histogram(
            "faas.invoke_duration",
            unit="s",
            explicit_bucket_boundaries_advisory=[0.05, LIMIT, 0.5],
        )

    def call(self, *, good: int, bad: int = 0) -> None:
        for took in [0.08] * good + [0.3] * bad:
            self._calls.add(1, {"faas.trigger": "http"})
            self._seconds.record(took)
        self._errors.add(bad)

    def push(self) -> None:
        assert self._reader.force_flush()

    def end(self) -> None:
        self._provider.shutdown()


@contextmanager
def fleet(plane: Plane, *wanted: Any) -> Iterator[list[Sandbox]]:
    sandboxes = [Sandbox(plane, f"s{number}", *wanted) for number in range(SANDBOXES)]
    yield sandboxes
    for sandbox in sandboxes:
        sandbox.end()  # pushes once more, and that changes nothing


@pytest.mark.parametrize("temporality", [CUMULATIVE, DELTA], ids=["cumulative", "delta"])
@pytest.mark.parametrize(
    "aggregation", [DefaultAggregation(), EXPONENTIAL], ids=["explicit", "exponential"]
)
def test_every_call_is_counted_once_though_the_plane_is_killed(
    plane: Plane, temporality: AggregationTemporality, aggregation: Aggregation
) -> None:
    calls = errors = 0
    with fleet(plane, temporality, aggregation) as sandboxes:
        for number, sandbox in enumerate(sandboxes):
            for bad in (number % 3, 1):
                sandbox.call(good=number, bad=bad)
                calls, errors = calls + number + bad, errors + bad
                sandbox.push()
            if number % 10 == 3:
                plane.kill()
                plane.start()
        assert plane.counts("answered") == (calls - errors, calls)
        assert plane.counts("quick") == (calls - errors, calls)
    assert plane.counts("answered") == (calls - errors, calls)
    (source, _) = httpx.get(f"{plane.url}/v1/push").json()["items"]
    assert source["streams"] == 3 * SANDBOXES
    assert source["rejected"] == 0
