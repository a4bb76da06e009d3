"""KServe's Python server: three histograms of time, no counter of requests."""

from probes.indicators import Distribution, Ratio, Source
from probes.server_profile import ApiSign, ServerProfile
from slo import Selector, parse_selectors

__all__ = ["KSERVE"]

KSERVE = ServerProfile(
    name="kserve",
    title="KServe Python server",
    signatures=(("request_predict_seconds", "request_preprocess_seconds"),),
    ratios=(
        Ratio(
            source=Source.SUBTRACTION,
            total=parse_selectors("request_predict_seconds_count"),
            good=parse_selectors("request_postprocess_seconds_count"),
            model="model_name",
            cannot_see=(
                (
                    "a failure is a prediction after which nothing was post-processed: while requests "
                    "are between the two, they look like failures"
                ),
                "what fails before the prediction (400) or finds no model (404) is not counted",
            ),
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.ENGINE,
            family=Selector(name="request_predict_seconds"),
            model="model_name",
        ),
        Distribution(
            name="preprocess_time",
            source=Source.ENGINE,
            family=Selector(name="request_preprocess_seconds"),
            model="model_name",
        ),
        Distribution(
            name="postprocess_time",
            source=Source.ENGINE,
            family=Selector(name="request_postprocess_seconds"),
            model="model_name",
            only_good=True,
        ),
        Distribution(
            name="explain_time",
            source=Source.ENGINE,
            family=Selector(name="request_explain_seconds"),
            model="model_name",
        ),
    ),
    port=8080,
    api_signs=(ApiSign(path="/", contains=('{"status":"alive"}',)),),
    live_path="/v2/health/live",
    ready_path="/v1/models/{model}",
    infer_path="/v1/models/{model}:predict",
    protocol="v1",
    blind_spots=(
        "there is no counter of requests or errors: failures are the difference of two histograms",
        "unknown models (404) and bodies that are no JSON (400) are not counted",
        "no series names a version: revisions need targets of their own",
        "time is measured around the prediction alone, without waiting and HTTP",
        "the page is served by the loop that serves traffic: under load it is late",
    ),
    see_more=(
        "the queue-proxy of Knative (port 9091, or 9088 merged by qpext) counts requests by code",
        "a proxy or mesh in front (Envoy, Istio)",
    ),
)
