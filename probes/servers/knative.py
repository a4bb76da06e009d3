"""Knative's queue-proxy since OpenTelemetry: seconds, and the revision only on ``target_info``."""

from probes.indicators import Distribution, Level, Ratio, Source
from probes.server_profile import Identity, ServerProfile
from slo import Selector, parse_selectors

__all__ = ["KNATIVE"]

INVOKED = "kn_serving_invocation_duration_seconds"
SERVED = "http_server_request_duration_seconds"
BAD = '{http_response_status_code=~"5.."}'

KNATIVE = ServerProfile(
    name="knative",
    title="Knative queue-proxy",
    signatures=(("kn_serving_*",),),
    ratios=(
        Ratio(
            source=Source.PROXY,
            total=parse_selectors(f"{INVOKED}_count"),
            bad=parse_selectors(f"{INVOKED}_count{BAD}"),
        ),
        Ratio(
            source=Source.PROXY,
            total=parse_selectors(f"{SERVED}_count"),
            bad=parse_selectors(f"{SERVED}_count{BAD}"),
        ),
    ),
    distributions=(
        Distribution(name="latency", source=Source.PROXY, family=Selector(name=INVOKED)),
        Distribution(name="latency", source=Source.PROXY, family=Selector(name=SERVED)),
    ),
    levels=(
        Level(
            name="queue_depth", series=parse_selectors("kn_serving_queue_depth"), unit="requests"
        ),
    ),
    identity=Identity(family="target_info", model="kn_service_name", version="kn_revision_name"),
    noise=("otel_scope_name", "otel_scope_schema_url", "otel_scope_version"),
    port=9091,
    blind_spots=(
        "service and revision are only on target_info: each revision needs targets of its own",
        "requests that the activator or the gateway refuses never come here",
        "models are not told apart: a revision is one server",
    ),
    see_more=(
        (
            "request-metrics-protocol: prometheus in the ConfigMap config-observability: it is none by "
            "default"
        ),
        "the mesh in front (Istio) sees requests that find no pod",
    ),
)
