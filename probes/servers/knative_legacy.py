"""Knative's queue-proxy before OpenTelemetry, up to about 1.18: milliseconds, revision as label."""

from probes.indicators import Distribution, Level, Ratio, Source
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["KNATIVE_LEGACY"]

MILLISECONDS = 1e-3
MODEL = "configuration_name"
VERSION = "revision_name"

KNATIVE_LEGACY = ServerProfile(
    name="knative-legacy",
    title="Knative queue-proxy (before OpenTelemetry)",
    signatures=(("revision_app_request_count",), ("revision_request_count",)),
    ratios=(
        Ratio(
            source=Source.PROXY,
            total=parse_selectors("revision_request_count"),
            bad=parse_selectors('revision_request_count{response_code_class="5xx"}'),
            model=MODEL,
            version=VERSION,
        ),
        Ratio(
            source=Source.PROXY,
            total=parse_selectors("revision_app_request_count"),
            bad=parse_selectors('revision_app_request_count{response_code_class="5xx"}'),
            model=MODEL,
            version=VERSION,
            cannot_see=("what the queue-proxy refuses itself is not in the application's count",),
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.PROXY,
            family=Selector(name="revision_request_latencies"),
            scale=MILLISECONDS,
            model=MODEL,
            version=VERSION,
        ),
        Distribution(
            name="latency",
            source=Source.PROXY,
            family=Selector(name="revision_app_request_latencies"),
            scale=MILLISECONDS,
            model=MODEL,
            version=VERSION,
        ),
    ),
    levels=(
        Level(
            name="queue_depth",
            series=parse_selectors("revision_queue_depth"),
            unit="requests",
            model=MODEL,
            version=VERSION,
        ),
        Level(
            name="in_flight",
            series=parse_selectors("queue_average_concurrent_requests"),
            unit="requests",
            model="destination_configuration",
            version="destination_revision",
        ),
    ),
    held=("in_flight",),
    port=9091,
    blind_spots=(
        "requests that the activator or the gateway refuses never come here",
        "times are milliseconds though no name says so",
        "models are not told apart: a revision is one server",
    ),
    see_more=(
        "port 9090 of the same pod: the average number of concurrent requests",
        "the mesh in front (Istio) sees requests that find no pod",
    ),
)
