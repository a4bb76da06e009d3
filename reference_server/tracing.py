"""One OpenTelemetry span per inference request; nothing at all while tracing is off."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

__all__ = ["end_span", "spans_to_file", "start_span"]

PROPAGATOR = TraceContextTextMapPropagator()
FIRST_BAD = 500


def start_span(tracer: Tracer, headers: Mapping[str, str]) -> Span:
    """Begin the span of a request, as a child of the caller's span where it names one.

    Args:
        tracer: Who makes spans.
        headers: Of the request, with names in lower case; ``traceparent`` is honoured.
    """
    context = PROPAGATOR.extract(headers)
    return tracer.start_span("infer", context=context, kind=SpanKind.SERVER)


def end_span(span: Span, *, model: str, version: str, code: int, queue_seconds: float) -> None:
    """Write down what became of the request."""
    span.set_attributes(
        {
            "inference.model": model,
            "inference.version": version,
            "inference.queue_seconds": queue_seconds,
            "http.response.status_code": code,
        }
    )
    if code >= FIRST_BAD:
        span.set_status(Status(StatusCode.ERROR))
    span.end()


@contextmanager
def spans_to_file(path: Path) -> Iterator[TracerProvider]:
    """Append spans to a file, one JSON object a line; all are written when the block ends."""
    with path.open("a", encoding="utf-8") as file:
        provider = TracerProvider(
            resource=Resource.create({"service.name": "trimtab-model-server"}),
            shutdown_on_exit=False,
        )
        exporter = ConsoleSpanExporter(out=file, formatter=_as_line)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        try:
            yield provider
        finally:
            provider.shutdown()


def _as_line(span: ReadableSpan) -> str:
    return f"{span.to_json(indent=None)}\n"
