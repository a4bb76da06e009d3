"""vLLM: engine metrics by model, HTTP counters beside them; names change between releases."""

from probes.indicators import Distribution, Level, Ratio, Source, Tally
from probes.server_profile import ApiSign, ServerProfile
from slo import Selector, parse_selectors

__all__ = ["VLLM"]

MODEL = "model_name"

VLLM = ServerProfile(
    name="vllm",
    title="vLLM",
    signatures=(("vllm:*",),),
    ratios=(
        Ratio(
            source=Source.SERVER,
            total=parse_selectors('http_requests_total{method="POST"}'),
            bad=parse_selectors('http_requests_total{method="POST",status="5xx"}'),
            cannot_see=(
                "a stream that a client or a crash cuts short counts as 2xx",
                "it names no model",
            ),
        ),
        Ratio(
            source=Source.ENGINE,
            total=parse_selectors("vllm:request_success_total"),
            bad=parse_selectors('vllm:request_success_total{finished_reason=~"error|abort"}'),
            model=MODEL,
            cannot_see=(
                "a request that is refused before it reaches the engine (4xx) is not counted",
                "a request that its client aborts may not be counted at all",
            ),
        ),
        Ratio(
            source=Source.ENGINE,
            total=parse_selectors("vllm:request_success"),
            bad=parse_selectors('vllm:request_success{finished_reason=~"error|abort"}'),
            model=MODEL,
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.ENGINE,
            family=Selector(name="vllm:e2e_request_latency_seconds"),
            model=MODEL,
            only_good=True,
        ),
        Distribution(
            name="latency",
            source=Source.SERVER,
            family=Selector(name="http_request_duration_highr_seconds"),
        ),
        Distribution(
            name="latency",
            source=Source.SERVER,
            family=parse_selectors('http_request_duration_seconds{method="POST"}')[0],
        ),
        Distribution(
            name="ttft",
            source=Source.ENGINE,
            family=Selector(name="vllm:time_to_first_token_seconds"),
            model=MODEL,
        ),
        Distribution(
            name="tpot",
            source=Source.ENGINE,
            family=Selector(name="vllm:request_time_per_output_token_seconds"),
            model=MODEL,
            only_good=True,
        ),
        Distribution(
            name="itl",
            source=Source.ENGINE,
            family=Selector(name="vllm:inter_token_latency_seconds"),
            model=MODEL,
        ),
        Distribution(
            name="itl",  # the same measure under its name before 0.11
            source=Source.ENGINE,
            family=Selector(name="vllm:time_per_output_token_seconds"),
            model=MODEL,
        ),
        Distribution(
            name="queue_time",
            source=Source.ENGINE,
            family=Selector(name="vllm:request_queue_time_seconds"),
            model=MODEL,
            only_good=True,
        ),
        Distribution(
            name="batch_tokens",
            source=Source.ENGINE,
            family=Selector(name="vllm:iteration_tokens_total"),  # a histogram all the same
            unit="tokens",
            model=MODEL,
        ),
    ),
    levels=(
        Level(
            name="in_flight",
            series=parse_selectors("vllm:num_requests_running"),
            unit="requests",
            model=MODEL,
        ),
        Level(
            name="queue_depth",
            series=parse_selectors("vllm:num_requests_waiting"),
            unit="requests",
            model=MODEL,
        ),
        Level(
            name="kv_cache",
            series=parse_selectors("vllm:kv_cache_usage_perc"),
            unit="ratio",
            model=MODEL,
        ),
        Level(
            name="kv_cache",
            series=parse_selectors("vllm:gpu_cache_usage_perc"),
            unit="ratio",
            model=MODEL,
        ),
    ),
    tallies=(
        Tally(
            name="prompt_tokens",
            series=parse_selectors("vllm:prompt_tokens_total"),
            unit="tokens",
            model=MODEL,
        ),
        Tally(
            name="prompt_tokens",
            series=parse_selectors("vllm:prompt_tokens"),
            unit="tokens",
            model=MODEL,
        ),
        Tally(
            name="generated_tokens",
            series=parse_selectors("vllm:generation_tokens_total"),
            unit="tokens",
            model=MODEL,
        ),
        Tally(
            name="generated_tokens",
            series=parse_selectors("vllm:generation_tokens"),
            unit="tokens",
            model=MODEL,
        ),
        Tally(
            name="preemptions",
            series=parse_selectors("vllm:num_preemptions_total"),
            unit="requests",
            model=MODEL,
        ),
        Tally(
            name="preemptions",
            series=parse_selectors("vllm:num_preemptions"),
            unit="requests",
            model=MODEL,
        ),
        Tally(
            name="rejected",
            series=parse_selectors("vllm:admission_rejections_total"),
            unit="requests",
            model=MODEL,
        ),
    ),
    held=("in_flight", "queue_depth"),
    port=8000,
    api_signs=(
        ApiSign(path="/v1/models", contains=('"owned_by":"vllm"',)),
        ApiSign(path="/load", contains=('"server_load"',)),
    ),
    live_path="/health",
    ready_path="/health",
    infer_path="/v1/completions",
    protocol="openai",
    blind_spots=(
        (
            "requests that clients abort: HTTP counts a cut stream as 2xx, and the engine may count "
            "it nowhere"
        ),
        (
            "bad input, unknown models and bodies that are no JSON (4xx) never reach the engine's "
            "counters"
        ),
        (
            "request_success_total is no count of successes: errors and aborts are in it by "
            "finished_reason"
        ),
        "the end-to-end histogram begins at 0.3 s and holds only what finished",
        "no series names a version: each version needs targets or a model name of its own",
    ),
    see_more=(
        "a proxy or mesh in front (Envoy, Istio) sees aborts and resets as response flags",
        (
            "http_request_duration_highr_seconds begins at 10 ms, for limits below 0.3 s; it holds "
            "all routes and models together"
        ),
        "--served-model-name with the version in it tells versions apart",
    ),
)
