"""Ray Serve: milliseconds, by the metrics agent of each node."""

from probes.indicators import Distribution, Level, Ratio, Source
from probes.server_profile import ApiSign, ServerProfile
from slo import Selector, parse_selectors

__all__ = ["RAY_SERVE"]

MILLISECONDS = 1e-3

RAY_SERVE = ServerProfile(
    name="ray-serve",
    title="Ray Serve",
    signatures=(("ray_serve_num_http_requests_total",),),
    ratios=(
        Ratio(
            source=Source.SERVER,
            total=parse_selectors("ray_serve_num_http_requests_total"),
            bad=parse_selectors('ray_serve_num_http_requests_total{status_code=~"5.."}'),
            model="application",
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.SERVER,
            family=Selector(name="ray_serve_http_request_latency_ms"),
            scale=MILLISECONDS,
            model="application",
        ),
        Distribution(
            name="latency",
            source=Source.ENGINE,
            family=Selector(name="ray_serve_deployment_processing_latency_ms"),
            scale=MILLISECONDS,
            model="application",
        ),
    ),
    levels=(
        Level(
            name="queue_depth",
            series=parse_selectors("ray_serve_deployment_queued_queries"),
            unit="requests",
            model="application",
        ),
        Level(
            name="queue_depth",
            series=parse_selectors("ray_serve_request_router_queue_len"),
            unit="requests",
            model="application",
        ),
        Level(
            name="in_flight",
            series=parse_selectors("ray_serve_num_ongoing_http_requests"),
            unit="requests",
        ),
        Level(
            name="in_flight",
            series=parse_selectors("ray_serve_replica_processing_queries"),
            unit="requests",
            model="application",
        ),
    ),
    held=("in_flight",),  # the proxy's, which holds queued requests too
    noise=(
        "Component",
        "SessionName",
        "WorkerId",
        "otel_scope_name",
        "otel_scope_schema_url",
        "otel_scope_version",
    ),
    port=8080,
    api_signs=(ApiSign(path="/-/healthz", contains=("success",)),),
    live_path="/-/healthz",
    protocol="own",
    late_seconds=10.0,
    blind_spots=(
        "figures are exported every 10 s: the last requests are not on the page yet",
        "no series names a version: deploy versions as applications of their own",
        "a 404 has neither application nor route",
        (
            "ray_serve_deployment_error_counter_total does not count a 5xx that the application "
            "itself returns"
        ),
        (
            "bad input that the application does not catch is answered with 500 and counts as its "
            "failure"
        ),
        "WorkerId changes with each restart, so every series begins anew",
    ),
    see_more=(
        "one application per version",
        "scrape every node: each has an agent that knows only its own proxy and replicas",
        "a proxy or mesh in front (Envoy, Istio)",
    ),
)
