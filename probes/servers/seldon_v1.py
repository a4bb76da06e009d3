"""Seldon Core v1: the executor in front of the model nodes; the same times twice, as H and S."""

from probes.indicators import Distribution, Ratio, Shape, Source
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["SELDON_V1"]

SERVER = "seldon_api_executor_server_requests_seconds"
CLIENT = "seldon_api_executor_client_requests_seconds"
BAD = (
    '{code=~"5..|Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss'
    '|ResourceExhausted"}'
)
"""HTTP codes for REST, names of gRPC codes for gRPC."""

SELDON_V1 = ServerProfile(
    name="seldon-v1",
    title="Seldon Core v1 executor",
    signatures=(("seldon_api_executor_*",),),
    ratios=(
        Ratio(
            source=Source.PROXY,
            total=parse_selectors(f"{SERVER}_count"),
            bad=parse_selectors(f"{SERVER}_count{BAD}"),
            model="deployment_name",
            version="predictor_name",
        ),
        Ratio(
            name="node_availability",
            source=Source.PROXY,
            total=parse_selectors(f"{CLIENT}_count"),
            bad=parse_selectors(f"{CLIENT}_count{BAD}"),
            model="model_name",
            version="model_version",
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.PROXY,
            family=Selector(name=SERVER),
            model="deployment_name",
            version="predictor_name",
        ),
        Distribution(
            name="latency",
            source=Source.PROXY,
            family=Selector(name=f"{SERVER}_summary"),
            shape=Shape.SUMMARY,
            model="deployment_name",
            version="predictor_name",
        ),
        Distribution(
            name="node_latency",
            source=Source.PROXY,
            family=Selector(name=CLIENT),
            model="model_name",
            version="model_version",
        ),
    ),
    port=8000,
    metrics_path="/prometheus",
    live_path="/live",
    ready_path="/ready",
    infer_path="/api/v1.0/predictions",
    protocol="own",
    blind_spots=(
        "the Python wrapper behind it answers unknown paths with 500 and counts no request itself",
        "predictor_version is empty unless it is set: predictors are told apart by their name",
        "queue and in-flight requests are not told",
        "the histogram and the _summary hold the same requests: adding them counts all twice",
    ),
    see_more=(
        "a mesh in front (Istio) sees requests that never reach the executor",
        "own metrics of the model (COUNTER, GAUGE, TIMER) on port 6000",
    ),
)
