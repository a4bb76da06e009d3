"""OpenVINO Model Server: two counters by model and version, microseconds in histograms."""

from probes.indicators import Distribution, Level, Ratio, Source
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["OPENVINO"]

MICROSECONDS = 1e-6
INFERENCES = '{method!~"ModelReady|ModelMetadata|GetModelStatus|GetModelMetadata"}'
"""Looks at a model's status are counted by the same counters, some without a version."""

OPENVINO = ServerProfile(
    name="openvino",
    title="OpenVINO Model Server",
    signatures=(("ovms_*",),),
    ratios=(
        Ratio(
            source=Source.ENGINE,
            total=parse_selectors(
                f"ovms_requests_success{INFERENCES} + ovms_requests_fail{INFERENCES}"
            ),
            bad=parse_selectors(f"ovms_requests_fail{INFERENCES}"),
            model="name",
            version="version",
            cannot_see=("a request for a model that is not there has no series to be counted in",),
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.SERVER,
            family=Selector(name="ovms_request_time_us"),
            scale=MICROSECONDS,
            model="name",
            version="version",
            only_good=True,
        ),
        Distribution(
            name="latency",
            source=Source.ENGINE,
            family=Selector(name="ovms_inference_time_us"),
            scale=MICROSECONDS,
            model="name",
            version="version",
        ),
        Distribution(
            name="queue_time",
            source=Source.ENGINE,
            family=Selector(name="ovms_wait_for_infer_req_time_us"),
            scale=MICROSECONDS,
            model="name",
            version="version",
        ),
    ),
    levels=(
        Level(
            name="in_flight",
            series=parse_selectors("ovms_current_requests"),
            unit="requests",
            model="name",
            version="version",
        ),
        Level(
            name="executing",
            series=parse_selectors("ovms_infer_req_active"),
            unit="requests",
            model="name",
            version="version",
        ),
    ),
    held=("in_flight",),
    live_path="/v2/health/live",
    ready_path="/v2/models/{model}/versions/{version}/ready",
    infer_path="/v2/models/{model}/versions/{version}/infer",
    protocol="v2",
    blind_spots=(
        "a failure is a failure: codes are not told, so mistakes of clients count as bad",
        "requests for unknown models and bodies that are no JSON have no series",
        "only successful requests are timed",
    ),
    see_more=(
        "--metrics_enable with --rest_port: without them there is no metrics page",
        "--metrics_list adds what is off by default, such as ovms_current_requests",
        "a proxy or mesh in front (Envoy, Istio) sees all that clients are answered",
    ),
)
