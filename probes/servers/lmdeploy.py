"""LMDeploy: vLLM's scheme under its own prefix; failures in a gauge that only rises."""

from probes.indicators import Distribution, Level, Ratio, Source, Tally
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["LMDEPLOY"]

MODEL = "model_name"
FAILED = 'lmdeploy:request_success_total{finished_reason=~"error|abort"}'

LMDEPLOY = ServerProfile(
    name="lmdeploy",
    title="LMDeploy",
    signatures=(("lmdeploy:*",),),
    ratios=(
        Ratio(
            source=Source.ENGINE,
            total=parse_selectors("lmdeploy:request_success_total + lmdeploy:num_requests_failed"),
            bad=parse_selectors(f"{FAILED} + lmdeploy:num_requests_failed"),
            model=MODEL,
            cannot_see=(
                "a request that both failed and finished with error or abort would count twice",
            ),
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.ENGINE,
            family=Selector(name="lmdeploy:e2e_request_latency_seconds"),
            model=MODEL,
            only_good=True,
        ),
        Distribution(
            name="ttft",
            source=Source.ENGINE,
            family=Selector(name="lmdeploy:time_to_first_token_seconds"),
            model=MODEL,
        ),
        Distribution(
            name="tpot",
            source=Source.ENGINE,
            family=Selector(name="lmdeploy:time_per_output_token_seconds"),
            model=MODEL,
        ),
        Distribution(
            name="queue_time",
            source=Source.ENGINE,
            family=Selector(name="lmdeploy:request_queue_time_seconds"),
            model=MODEL,
        ),
    ),
    levels=(
        Level(
            name="in_flight",
            series=parse_selectors("lmdeploy:num_requests_running"),
            unit="requests",
            model=MODEL,
        ),
        Level(
            name="queue_depth",
            series=parse_selectors("lmdeploy:num_requests_waiting"),
            unit="requests",
            model=MODEL,
        ),
        Level(
            name="kv_cache",
            series=parse_selectors("lmdeploy:gpu_cache_usage_perc"),
            unit="ratio",
            model=MODEL,
        ),
    ),
    tallies=(
        Tally(
            name="prompt_tokens",
            series=parse_selectors("lmdeploy:prompt_tokens_total"),
            unit="tokens",
            model=MODEL,
        ),
        Tally(
            name="generated_tokens",
            series=parse_selectors("lmdeploy:generation_tokens_total"),
            unit="tokens",
            model=MODEL,
        ),
    ),
    held=("in_flight", "queue_depth"),
    port=23333,
    live_path="/health",
    ready_path="/health",
    infer_path="/v1/completions",
    protocol="openai",
    blind_spots=(
        "what is refused before the engine (4xx) is not counted",
        (
            "failures are in num_requests_failed, a gauge that only rises: it is counted like a "
            "counter"
        ),
        (
            "request_success_total is no count of successes: errors and aborts are in it by "
            "finished_reason"
        ),
        "only requests that finished are timed",
        "no series names a version: each version needs targets of its own",
    ),
    see_more=(
        "--enable-metrics: without it there is no metrics page",
        "a proxy or mesh in front (Envoy, Istio) sees refused requests and cut streams",
    ),
)
