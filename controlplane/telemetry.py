"""The plane's own metrics (prometheus-client) and traces (OpenTelemetry)."""

from functools import cached_property
from pathlib import Path

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
from opentelemetry.trace import Tracer
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from controlplane.decide.alert_state import Intent
from controlplane.decide.delivery import Result
from controlplane.decide.rollout_state import Event
from controlplane.written_metric import page_of
from probes.scrape_outcome import Outcome

__all__ = ["Telemetry"]

SCRAPE_EDGES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Telemetry:
    """One registry and one tracer, made by the composition root and handed down.

    Args:
        traces: File that spans are appended to, one JSON object a line; None keeps no traces.
    """

    def __init__(self, *, traces: Path | None = None) -> None:
        self.registry = CollectorRegistry()
        self._count()
        self._count_loops()
        self._begin_at_zero()
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": "trimtab"}), shutdown_on_exit=False
        )
        self._file = None if traces is None else traces.open("a", encoding="utf-8")
        if self._file is not None:
            exporter = ConsoleSpanExporter(out=self._file, formatter=_one_line)
            self._provider.add_span_processor(SimpleSpanProcessor(exporter))
        self.tracer: Tracer = self._provider.get_tracer("trimtab")

    def _count(self) -> None:
        """Make the plane's own counters and gauges."""
        registry = self.registry
        self.scrapes = Counter(
            "trimtab_scrapes", "Scrapes by outcome.", ["outcome"], registry=registry
        )
        self.scrape_seconds = Histogram(
            "trimtab_scrape_seconds",
            "Whole time of a scrape.",
            buckets=SCRAPE_EDGES,
            registry=registry,
        )
        self.bad_samples = Counter(
            "trimtab_bad_samples", "Impossible counter values.", registry=registry
        )
        self.push_points = Counter(
            "trimtab_push_points", "Pushed points.", ["outcome"], registry=registry
        )
        self.rollout_moves = Counter(
            "trimtab_rollout_moves", "Events of rollouts.", ["event"], registry=registry
        )
        self.alert_steps = Counter(
            "trimtab_alert_steps", "Alerts by what was told.", ["intent"], registry=registry
        )
        self.deliveries = Counter(
            "trimtab_deliveries", "Tries by result.", ["result"], registry=registry
        )
        self.outbox_pending = Gauge(
            "trimtab_outbox_pending", "Messages not yet acknowledged.", registry=registry
        )
        self.outbox_oldest = Gauge(
            "trimtab_outbox_oldest_timestamp_seconds",
            "When the oldest message not yet acknowledged was written; 0 when none waits.",
            registry=registry,
        )

    def _count_loops(self) -> None:
        """Make what tells how the loops go round."""
        self.loop_failures = Counter(
            "trimtab_loop_failures", "Rounds that failed.", ["loop"], registry=self.registry
        )
        self.loop_rounds = Gauge(
            "trimtab_loop_last_round_timestamp_seconds",
            "When a loop last came to the end of a round.",
            ["loop"],
            registry=self.registry,
        )

    @cached_property
    def scraped(self) -> dict[Outcome, Counter]:
        """Return the counter of each outcome of a scrape."""
        return {outcome: self.scrapes.labels(outcome.value) for outcome in Outcome}

    def _begin_at_zero(self) -> None:
        """Show counters before they count, so that their first step is seen as one."""
        for outcome in ("taken", "rejected"):
            self.push_points.labels(outcome)
        for event in Event:
            self.rollout_moves.labels(event.value)
        for intent in Intent:
            self.alert_steps.labels(intent.value)
        for result in Result:
            self.deliveries.labels(result.value)

    def page(self) -> bytes:
        """Return the metrics page, text format 0.0.4."""
        return page_of(self.registry)

    def close(self) -> None:
        """Flush and close the traces."""
        self._provider.shutdown()
        if self._file is not None:
            self._file.close()


def _one_line(span: ReadableSpan) -> str:
    return f"{span.to_json(indent=None)}\n"
