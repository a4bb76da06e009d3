"""Seldon Core v2: the agent beside each inference server, and the pipeline gateway."""

from probes.indicators import Distribution, Ratio, Shape, Source
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["SELDON_V2"]

BAD = (
    '{code=~"5..|Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss'
    '|ResourceExhausted"}'
)
"""HTTP codes for REST, names of gRPC codes for gRPC."""

SELDON_V2 = ServerProfile(
    name="seldon-v2",
    title="Seldon Core v2 agent",
    signatures=(("seldon_model_infer_total",), ("seldon_pipeline_infer_total",)),
    ratios=(
        Ratio(
            source=Source.PROXY,
            total=parse_selectors("seldon_model_infer_total"),
            bad=parse_selectors(f"seldon_model_infer_total{BAD}"),
            model="model",
            version="model_internal",
        ),
        Ratio(
            name="pipeline_availability",
            source=Source.PROXY,
            total=parse_selectors("seldon_pipeline_infer_total"),
            bad=parse_selectors(f"seldon_pipeline_infer_total{BAD}"),
            model="pipeline",
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.PROXY,
            family=Selector(name="seldon_model_infer_api_seconds"),
        ),
        Distribution(
            name="latency",
            source=Source.PROXY,
            family=Selector(name="seldon_model_infer_seconds_total"),
            count=parse_selectors("seldon_model_infer_total"),
            shape=Shape.MEAN,
            model="model",
            version="model_internal",
        ),
        Distribution(
            name="pipeline_latency",
            source=Source.PROXY,
            family=Selector(name="seldon_pipeline_infer_api_seconds"),
        ),
    ),
    port=9006,
    live_path="/v2/health/live",
    ready_path="/v2/models/{model}/ready",
    infer_path="/v2/models/{model}/infer",
    protocol="v2",
    blind_spots=(
        "the only histogram has no model label: a percentile is of all models of the server",
        "by model there is a sum of seconds: only a mean is known",
        "the version is part of model_internal (name_2), not a label of its own",
        "queue and in-flight requests are not told",
        "requests that the gateway (Envoy) does not pass on are not counted",
    ),
    see_more=(
        "the Envoy in front of it counts requests by cluster and code, with a histogram each",
        "one server per model gives the histogram a meaning per model",
    ),
)
