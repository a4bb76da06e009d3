"""What the server says about itself at /metrics."""

from collections.abc import Sequence
from functools import partial

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.registry import Collector

from reference_server.lane import Lane
from reference_server.model_store import ModelStore, ServedModel

__all__ = ["BY_CODE", "BY_VERSION", "CONTENT_TYPE", "EDGES", "UNKNOWN", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
UNKNOWN = "unknown"
"""Label value for every model that is not served: clients cannot make label values."""

EDGES = (
    *(0.001, 0.0025, 0.005, 0.0075, 0.01, 0.0125, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075),
    *(0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0),
)
"""Seconds. Edges at the usual limits of SLOs, close together where models answer."""

BATCH_EDGES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
BY_CODE = ["model", "version", "code"]
BY_VERSION = ["model", "version"]


class Metrics:
    """One registry, and the counts that requests leave in it.

    Args:
        gpu: Yields GPU metrics.
    """

    def __init__(self, gpu: Collector) -> None:
        # The text format has no place for creation times; they would be a gauge for each series.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        registry = self.registry
        self._requests = Counter(
            "inference_requests", "Answered requests.", BY_CODE, registry=registry
        )
        self._synthetic = Counter(
            "inference_synthetic_requests",
            "Answered requests of probes; they are in no other count of requests.",
            BY_CODE,
            registry=registry,
        )
        self._duration = Histogram(
            "inference_request_duration_seconds",
            "Whole time in the server of requests that reached a version, good or bad.",
            BY_VERSION,
            buckets=EDGES,
            registry=registry,
        )
        self._queue = Histogram(
            "inference_queue_seconds",
            "Time in the queue, probes and copies included.",
            BY_VERSION,
            buckets=EDGES,
            registry=registry,
        )
        self._batch = Histogram(
            "inference_batch_size",
            "Rows in one call of the model, probes and copies included.",
            BY_VERSION,
            buckets=BATCH_EDGES,
            registry=registry,
        )
        registry.register(gpu)
        ProcessCollector(registry=registry)

    def watch(self, store: ModelStore) -> None:
        """Show each version from the start, at zero, and what is read when the page is."""
        depth = Gauge(
            "inference_queue_depth", "Requests that wait.", ["model"], registry=self.registry
        )
        flight = Gauge(
            "inference_in_flight", "Requests inside.", BY_VERSION, registry=self.registry
        )
        weight = Gauge(
            "inference_traffic_weight", "Percent of traffic.", BY_VERSION, registry=self.registry
        )
        for name, model in store.models.items():
            depth.labels(name).set_function(partial(_waiting, model))
            for version, lane in model.lanes.items():
                flight.labels(name, version).set_function(partial(_inside, lane))
                weight.labels(name, version).set_function(partial(model.traffic.weight, version))
                for family in (self._duration, self._queue, self._batch):
                    family.labels(name, version)
                for code in ("200", "500"):
                    self._requests.labels(name, version, code)

    def batch(self, model: str, version: str, rows: int, waits: Sequence[float]) -> None:
        """Count one call of a model; may be called from any thread."""
        self._batch.labels(model, version).observe(rows)
        for wait in waits:
            self._queue.labels(model, version).observe(wait)

    def request(
        self, model: str, version: str, code: int, seconds: float, *, synthetic: bool
    ) -> None:
        """Count one answer, in the counter and the histogram at once.

        Both happen on the event loop, where the page is written too: no page shows half of it.

        Args:
            model: ``UNKNOWN`` where none could be chosen.
            version: Empty where none could be chosen.
            code: The HTTP status.
            seconds: The whole time in the server.
            synthetic: A probe's request, which neither spends nor earns error budget.
        """
        if synthetic:
            self._synthetic.labels(model, version, code).inc()
            return
        self._requests.labels(model, version, code).inc()
        if version:
            self._duration.labels(model, version).observe(seconds)

    def page(self) -> bytes:
        """Write the page in text format 0.0.4."""
        return prometheus_client.generate_latest(self.registry)


def _waiting(model: ServedModel) -> float:
    """Return how many users' requests wait: a version that is mirrored to has none."""
    users = (lane for version, lane in model.lanes.items() if not model.mirror.percent(version))
    return sum(lane.waiting for lane in users)


def _inside(lane: Lane) -> float:
    return lane.in_flight
