"""LiteLLM proxy: requests by code and by the model that clients ask for."""

from probes.indicators import Distribution, Level, Ratio, Source
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["LITELLM"]

MODEL = "requested_model"

LITELLM = ServerProfile(
    name="litellm",
    title="LiteLLM proxy",
    signatures=(("litellm_*",),),
    ratios=(
        Ratio(
            source=Source.PROXY,
            total=parse_selectors("litellm_proxy_total_requests_metric_total"),
            bad=parse_selectors('litellm_proxy_total_requests_metric_total{status_code=~"5.."}'),
            model=MODEL,
            cannot_see=("a request that is refused for its rate (429) is not bad here",),
        ),
        Ratio(
            source=Source.PROXY,
            total=parse_selectors("litellm_proxy_total_requests_metric"),
            bad=parse_selectors('litellm_proxy_total_requests_metric{status_code=~"5.."}'),
            model=MODEL,
        ),
        Ratio(
            name="upstream_availability",
            source=Source.PROXY,
            total=parse_selectors(
                "litellm_deployment_success_responses_total"
                " + litellm_deployment_failure_responses_total"
            ),
            bad=parse_selectors("litellm_deployment_failure_responses_total"),
            model=MODEL,
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.PROXY,
            family=Selector(name="litellm_request_total_latency_metric"),
            model=MODEL,
            only_good=True,
        ),
        Distribution(
            name="upstream_latency",
            source=Source.PROXY,
            family=Selector(name="litellm_llm_api_latency_metric"),
            model=MODEL,
            only_good=True,
        ),
        Distribution(
            name="ttft",
            source=Source.PROXY,
            family=Selector(name="litellm_llm_api_time_to_first_token_metric"),
            model=MODEL,
        ),
        Distribution(
            name="queue_time",
            source=Source.PROXY,
            family=Selector(name="litellm_request_queue_time_seconds"),
        ),
    ),
    levels=(
        Level(
            name="in_flight", series=parse_selectors("litellm_in_flight_requests"), unit="requests"
        ),
    ),
    held=("in_flight",),
    port=4000,
    live_path="/health/liveliness",
    ready_path="/health/readiness",
    infer_path="/v1/chat/completions",
    protocol="openai",
    blind_spots=(
        "requested_model holds whatever clients ask for: unknown models appear with failures",
        "only successful requests are timed, and only streams have a time to the first token",
        "no series names a version: an alias per version tells them apart",
        "the page may ask for a key",
    ),
    see_more=(
        'callbacks: ["prometheus"] in its configuration: without it there is no metrics page',
        "the metrics of the servers behind it: what waits there is only time here",
    ),
)
