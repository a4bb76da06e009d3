"""NVIDIA NIM for language models: vLLM's names without a prefix, and failures of their own."""

from probes.indicators import Distribution, Level, Ratio, Source, Tally
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["NIM"]

MODEL = "model_name"

NIM = ServerProfile(
    name="nim",
    title="NVIDIA NIM",
    signatures=(("num_requests_running", "gpu_cache_usage_perc", "num_request_max"),),
    ratios=(
        Ratio(
            source=Source.ENGINE,
            total=parse_selectors("request_success_total + request_failure_total"),
            bad=parse_selectors("request_failure_total"),
            model=MODEL,
        ),
        Ratio(
            source=Source.ENGINE,
            total=parse_selectors("request_finish_total"),
            bad=parse_selectors('request_finish_total{finished_reason=~"error|abort"}'),
            model=MODEL,
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.ENGINE,
            family=Selector(name="e2e_request_latency_seconds"),
            model=MODEL,
            only_good=True,
        ),
        Distribution(
            name="ttft",
            source=Source.ENGINE,
            family=Selector(name="time_to_first_token_seconds"),
            model=MODEL,
        ),
        Distribution(
            name="tpot",
            source=Source.ENGINE,
            family=Selector(name="time_per_output_token_seconds"),
            model=MODEL,
        ),
    ),
    levels=(
        Level(
            name="in_flight",
            series=parse_selectors("num_requests_running"),
            unit="requests",
            model=MODEL,
        ),
        Level(
            name="queue_depth",
            series=parse_selectors("num_requests_waiting"),
            unit="requests",
            model=MODEL,
        ),
        Level(
            name="most_in_flight",
            series=parse_selectors("num_request_max"),
            unit="requests",
            model=MODEL,
        ),
        Level(
            name="kv_cache",
            series=parse_selectors("gpu_cache_usage_perc"),  # 0 to 1, whatever its name says
            unit="ratio",
            model=MODEL,
        ),
    ),
    tallies=(
        Tally(
            name="prompt_tokens",
            series=parse_selectors("prompt_tokens_total"),
            unit="tokens",
            model=MODEL,
        ),
        Tally(
            name="generated_tokens",
            series=parse_selectors("generation_tokens_total"),
            unit="tokens",
            model=MODEL,
        ),
    ),
    held=("in_flight", "queue_depth"),
    port=8000,
    metrics_path="/v1/metrics",
    live_path="/v1/health/live",
    ready_path="/v1/health/ready",
    infer_path="/v1/completions",
    protocol="openai",
    blind_spots=(
        "what is refused before the engine (4xx) is not counted",
        "only requests that finished are timed",
        "no series names a version: each version needs targets of its own",
    ),
    see_more=(
        "releases differ in where the page is: /v1/metrics, in older ones /metrics",
        "a proxy or mesh in front (Envoy, Istio) sees refused requests and cut streams",
    ),
)
