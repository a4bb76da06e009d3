"""TorchServe: HTTP classes for the whole host, sums of microseconds for each model."""

from probes.indicators import Distribution, Level, Ratio, Shape, Source, Tally
from probes.server_profile import ApiSign, ServerProfile
from slo import Selector, parse_selectors

__all__ = ["TORCHSERVE"]

MICROSECONDS = 1e-6
PERCENT = 0.01
ASKED = parse_selectors("ts_inference_requests_total")

TORCHSERVE = ServerProfile(
    name="torchserve",
    title="TorchServe",
    signatures=(("ts_inference_requests_total",), ("Requests2XX", "QueueTime")),
    ratios=(
        Ratio(
            source=Source.SERVER,
            total=parse_selectors("Requests2XX + Requests4XX + Requests5XX"),
            bad=parse_selectors("Requests5XX"),
            cannot_see=(
                "it is about the whole host: neither model nor version can be told apart",
                "health checks and calls of the API are counted with the inferences",
            ),
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.ENGINE,
            family=Selector(name="ts_inference_latency_microseconds"),
            count=ASKED,
            shape=Shape.MEAN,
            scale=MICROSECONDS,
            model="model_name",
            version="model_version",
        ),
        Distribution(
            name="queue_time",
            source=Source.ENGINE,
            family=Selector(name="ts_queue_latency_microseconds"),
            count=ASKED,
            shape=Shape.MEAN,
            scale=MICROSECONDS,
            model="model_name",
            version="model_version",
        ),
    ),
    levels=(
        Level(
            name="gpu_utilization",
            series=parse_selectors("GPUUtilization"),
            unit="ratio",
            scale=PERCENT,
        ),
    ),
    tallies=(
        Tally(
            name="requests",
            series=ASKED,
            unit="requests",
            model="model_name",
            version="model_version",
        ),
    ),
    not_versions=("default",),
    port=8082,
    api_signs=(ApiSign(path="/ping", contains=('"status":"Healthy"',)),),
    live_path="/ping",
    ready_path="/ping",
    infer_path="/predictions/{model}/{version}",
    protocol="own",
    blind_spots=(
        "errors are counted for the whole host: no model or version can be blamed by metrics",
        "bad input and bodies that are no JSON are answered with 503 and count as the server's",
        "health checks and calls of the API are counted among the requests of the host",
        "ts_inference_requests_total counts failures as well: it is no count of successes",
        'a request that names no version is counted as version "default"',
        "times are sums of microseconds: only a mean is known; QueueTime is the last value only",
        "how many requests are in flight or wait is not told",
    ),
    see_more=(
        "one target per version, so that its 5XX are its own",
        (
            "--enable-model-api: the management port (8081) says at /models/{model}/all whether a version "
            "is ready; /ping knows only the server"
        ),
        "a proxy or mesh in front (Envoy, Istio): latency histograms and errors by version",
    ),
)
