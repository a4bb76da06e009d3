"""MLServer: V2 protocol, one counter per model beside one for HTTP."""

from probes.indicators import Distribution, Level, Ratio, Shape, Source
from probes.server_profile import ApiSign, ServerProfile
from slo import Selector, parse_selectors

__all__ = ["MLSERVER"]

MLSERVER = ServerProfile(
    name="mlserver",
    title="MLServer",
    signatures=(
        ("model_infer_request_success_total", "rest_server_requests_total"),
        ("model_infer_request_success_total", "model_infer_request_duration"),
    ),
    ratios=(
        Ratio(
            source=Source.SERVER,
            total=parse_selectors(
                'rest_server_requests_total{path=~".*/(infer|generate)(_stream)?"}'
            ),
            bad=parse_selectors(
                'rest_server_requests_total{path=~".*/(infer|generate)(_stream)?",status_code=~"5.."}'
            ),
            cannot_see=(
                "this counter names no model, for it knows only the template of the path",
                "requests by gRPC are not in it",
            ),
        ),
        Ratio(
            source=Source.ENGINE,
            total=parse_selectors(
                "model_infer_request_success_total + model_infer_request_failure_total"
            ),
            bad=parse_selectors("model_infer_request_failure_total"),
            model="model",
            version="version",
            cannot_see=(
                "a body that is no JSON is answered with 422 and never reaches this counter",
                "bad input and unknown models count as failures, as in the answers (500 and 404)",
            ),
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.SERVER,
            family=parse_selectors(
                'rest_server_request_duration_seconds{path=~".*/(infer|generate)(_stream)?"}'
            )[0],
        ),
        Distribution(
            name="latency",
            source=Source.ENGINE,
            family=Selector(name="model_infer_request_duration"),
            shape=Shape.SUMMARY,
            model="model",
            version="version",
        ),
        Distribution(
            name="queue_size",
            source=Source.ENGINE,
            family=Selector(name="batch_request_queue"),
            unit="requests",
        ),
        Distribution(
            name="queue_size",
            source=Source.ENGINE,
            family=Selector(name="parallel_request_queue"),
            unit="requests",
        ),
    ),
    levels=(
        Level(
            name="in_flight",
            series=parse_selectors("rest_server_requests_in_progress"),
            unit="requests",
        ),
    ),
    held=("in_flight",),
    not_versions=("None",),
    port=8082,
    api_signs=(ApiSign(path="/v2", contains=('"name":"mlserver"',)),),
    live_path="/v2/health/live",
    ready_path="/v2/models/{model}/versions/{version}/ready",
    infer_path="/v2/models/{model}/versions/{version}/infer",
    protocol="v2",
    blind_spots=(
        "a body that is no JSON (422) is seen only by the HTTP counter",
        'a request that names no version is counted as version "None", whichever version answers',
        "the model label holds whatever clients ask for: unknown models appear with failures",
        "times by model come as a summary without quantiles: only their mean is known",
        "/v2/health/ready stays 200 after a model is unloaded: ask the model, not the server",
    ),
    see_more=(
        "name the version in the path: /v2/models/{model}/versions/{version}/infer",
        "one target per version gives a latency histogram per version",
        "a proxy or mesh in front (Envoy, Istio) sees what never reaches the server",
    ),
)
