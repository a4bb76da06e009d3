"""SGLang: metrics of the scheduler, and of HTTP by status."""

from probes.indicators import Distribution, Level, Ratio, Source, Tally
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["SGLANG"]

MODEL = "model_name"

SGLANG = ServerProfile(
    name="sglang",
    title="SGLang",
    signatures=(("sglang:*",),),
    ratios=(
        Ratio(
            source=Source.SERVER,
            total=parse_selectors('sglang:http_responses_total{method="POST"}'),
            bad=parse_selectors('sglang:http_responses_total{method="POST",status_code=~"5.."}'),
            cannot_see=("it names no model", "a stream that is cut short counts as 200"),
        ),
        Ratio(
            source=Source.ENGINE,
            total=parse_selectors("sglang:num_requests_total + sglang:num_aborted_requests_total"),
            bad=parse_selectors("sglang:num_aborted_requests_total"),
            model=MODEL,
            cannot_see=("only finished and aborted requests are counted: refused ones are not",),
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.ENGINE,
            family=Selector(name="sglang:e2e_request_latency_seconds"),
            model=MODEL,
            only_good=True,
        ),
        Distribution(
            name="ttft",
            source=Source.ENGINE,
            family=Selector(name="sglang:time_to_first_token_seconds"),
            model=MODEL,
        ),
        Distribution(
            name="tpot",
            source=Source.ENGINE,
            family=Selector(name="sglang:request_time_per_output_token_seconds"),
            model=MODEL,
        ),
        Distribution(
            name="itl",
            source=Source.ENGINE,
            family=Selector(name="sglang:inter_token_latency_seconds"),
            model=MODEL,
        ),
        Distribution(
            name="queue_time",
            source=Source.ENGINE,
            family=Selector(name="sglang:queue_time_seconds"),
            model=MODEL,
        ),
    ),
    levels=(
        Level(
            name="in_flight",
            series=parse_selectors("sglang:num_running_reqs"),
            unit="requests",
            model=MODEL,
        ),
        Level(
            name="in_flight", series=parse_selectors("sglang:http_requests_active"), unit="requests"
        ),
        Level(
            name="queue_depth",
            series=parse_selectors("sglang:num_queue_reqs"),
            unit="requests",
            model=MODEL,
        ),
        Level(
            name="kv_cache",
            series=parse_selectors("sglang:token_usage"),
            unit="ratio",
            model=MODEL,
        ),
    ),
    tallies=(
        Tally(
            name="prompt_tokens",
            series=parse_selectors("sglang:prompt_tokens_total"),
            unit="tokens",
            model=MODEL,
        ),
        Tally(
            name="generated_tokens",
            series=parse_selectors("sglang:generation_tokens_total"),
            unit="tokens",
            model=MODEL,
        ),
    ),
    held=("in_flight", "queue_depth"),
    port=30000,
    live_path="/health",
    ready_path="/health",
    infer_path="/v1/completions",
    protocol="openai",
    blind_spots=(
        (
            "the engine counts only what finished or was aborted: refused requests are in the HTTP "
            "counter alone"
        ),
        "a stream that is cut short counts as 200",
        "the end-to-end histogram begins at 0.1 s and holds only what finished",
        "no series names a version: each version needs targets or a model name of its own",
    ),
    see_more=(
        "--enable-metrics: without it there is no metrics page",
        "a proxy or mesh in front (Envoy, Istio) sees streams that are cut short",
        "--served-model-name with the version in it tells versions apart",
    ),
)
