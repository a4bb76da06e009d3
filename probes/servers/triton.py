"""NVIDIA Triton Inference Server: counters of the core, GPU gauges of its own."""

from probes.indicators import Distribution, Level, Ratio, Shape, Source, Tally
from probes.server_profile import ApiSign, ServerProfile
from slo import Selector, parse_selectors

__all__ = ["TRITON"]

MICROSECONDS = 1e-6
MILLISECONDS = 1e-3
SUCCEEDED = parse_selectors("nv_inference_request_success")

TRITON = ServerProfile(
    name="triton",
    title="NVIDIA Triton Inference Server",
    signatures=(("nv_inference_request_success",),),
    ratios=(
        Ratio(
            source=Source.ENGINE,
            total=parse_selectors("nv_inference_request_success + nv_inference_request_failure"),
            bad=parse_selectors("nv_inference_request_failure"),
            model="model",
            version="version",
            cannot_see=(
                (
                    "bad input (400), unknown models (404) and bodies that are no JSON (500) are not "
                    "counted at all"
                ),
            ),
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.ENGINE,
            family=Selector(name="nv_inference_request_duration_us"),
            count=SUCCEEDED,
            shape=Shape.MEAN,
            scale=MICROSECONDS,
            model="model",
            version="version",
            only_good=True,
        ),
        Distribution(
            name="latency",
            source=Source.ENGINE,
            family=Selector(name="nv_inference_request_summary_us"),
            shape=Shape.SUMMARY,
            scale=MICROSECONDS,
            model="model",
            version="version",
            only_good=True,
        ),
        Distribution(
            name="ttft",
            source=Source.ENGINE,
            family=Selector(name="nv_inference_first_response_histogram_ms"),
            scale=MILLISECONDS,
            model="model",
            version="version",
        ),
        Distribution(
            name="queue_time",
            source=Source.ENGINE,
            family=Selector(name="nv_inference_queue_duration_us"),
            count=SUCCEEDED,
            shape=Shape.MEAN,
            scale=MICROSECONDS,
            model="model",
            version="version",
            only_good=True,
        ),
        Distribution(
            name="queue_time",
            source=Source.ENGINE,
            family=Selector(name="nv_inference_queue_summary_us"),
            shape=Shape.SUMMARY,
            scale=MICROSECONDS,
            model="model",
            version="version",
            only_good=True,
        ),
        Distribution(
            name="batch_size",
            source=Source.ENGINE,
            family=Selector(name="nv_inference_count"),
            count=parse_selectors("nv_inference_exec_count"),
            shape=Shape.MEAN,
            unit="requests",
            model="model",
            version="version",
        ),
    ),
    levels=(
        Level(
            name="queue_depth",
            series=parse_selectors("nv_inference_pending_request_count"),
            unit="requests",
            model="model",
            version="version",
        ),
        Level(name="gpu_utilization", series=parse_selectors("nv_gpu_utilization"), unit="ratio"),
        Level(
            name="gpu_memory_used", series=parse_selectors("nv_gpu_memory_used_bytes"), unit="bytes"
        ),
        Level(
            name="gpu_memory_total",
            series=parse_selectors("nv_gpu_memory_total_bytes"),
            unit="bytes",
        ),
        Level(name="gpu_power", series=parse_selectors("nv_gpu_power_usage"), unit="watts"),
        Level(name="gpu_power_limit", series=parse_selectors("nv_gpu_power_limit"), unit="watts"),
    ),
    tallies=(
        Tally(
            name="rejected",
            series=parse_selectors('nv_inference_request_failure{reason="REJECTED"}'),
            unit="requests",
            model="model",
            version="version",
        ),
        Tally(name="gpu_energy", series=parse_selectors("nv_energy_consumption"), unit="joules"),
    ),
    port=8002,
    api_signs=(ApiSign(path="/v2", contains=('"name":"triton"',)),),
    live_path="/v2/health/live",
    ready_path="/v2/models/{model}/versions/{version}/ready",
    infer_path="/v2/models/{model}/versions/{version}/infer",
    protocol="v2",
    blind_spots=(
        "bad input (400), unknown models (404) and bodies that are no JSON (500) are not counted",
        (
            "an error that a Python backend returns as a response is counted as a success, though "
            "clients get 500"
        ),
        "times are sums of microseconds: only a mean is known, and no share within a limit",
        "how many requests are being executed is not told; only those that wait are",
        "failures of a version that was unloaded stay on the page for ever",
        "/v2/health/ready stays 200 after a model is unloaded: ask the model, not the server",
    ),
    see_more=(
        (
            "--metrics-config histogram_latencies=true (newer cores): a histogram of the first "
            "response, in milliseconds"
        ),
        "--metrics-config summary_latencies=true: quantiles, which cannot be added over replicas",
        "raise in a Python backend instead of returning InferenceResponse(error=...)",
        "a proxy or mesh in front (Envoy, Istio) sees all that clients are answered",
    ),
)
