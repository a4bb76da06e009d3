"""TensorFlow Serving: microseconds, and no version on any series."""

from probes.indicators import Distribution, Ratio, Source
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["TENSORFLOW_SERVING"]

MICROSECONDS = 1e-6
BATCHING = ":tensorflow:serving:batching_session:"

TENSORFLOW_SERVING = ServerProfile(
    name="tensorflow-serving",
    title="TensorFlow Serving",
    signatures=((":tensorflow:serving:request_count",), (":tensorflow:*",)),
    ratios=(
        Ratio(
            source=Source.SERVER,
            total=parse_selectors(":tensorflow:serving:request_count"),
            good=parse_selectors(':tensorflow:serving:request_count{status="OK"}'),
            model="model_name",
            cannot_see=(
                (
                    "everything but OK counts as bad: the client's mistakes (INVALID_ARGUMENT, "
                    "NOT_FOUND) are among it"
                ),
            ),
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.SERVER,
            family=Selector(name=":tensorflow:serving:request_latency"),
            scale=MICROSECONDS,
            model="model_name",
            only_good=True,
        ),
        Distribution(
            name="latency",
            source=Source.ENGINE,
            family=Selector(name=":tensorflow:serving:runtime_latency"),
            scale=MICROSECONDS,
            model="model_name",
        ),
        Distribution(
            name="queue_time",
            source=Source.ENGINE,
            family=Selector(name=f"{BATCHING}queuing_latency"),
            scale=MICROSECONDS,
        ),
        Distribution(
            name="batch_size",
            source=Source.ENGINE,
            family=Selector(name=f"{BATCHING}processed_batch_size"),
            unit="requests",
        ),
        Distribution(
            name="batch_size",
            source=Source.ENGINE,
            family=Selector(name=f"{BATCHING}input_batch_size"),
            unit="requests",
        ),
    ),
    port=8501,
    metrics_path="/monitoring/prometheus/metrics",
    ready_path="/v1/models/{model}/versions/{version}",
    infer_path="/v1/models/{model}/versions/{version}:predict",
    protocol="v1",
    blind_spots=(
        "no series names a version: a canary needs one target per version",
        "only requests that ended OK are timed: the latency of failures is not known",
        (
            "every REST call is counted, also a look at a model's status; its model is empty where "
            "the path names none"
        ),
        "sums have six significant digits: after 1000 s of work a mean over a short window jumps",
        "how many requests are in flight is not told",
    ),
    see_more=(
        (
            "--monitoring_config_file with prometheus_config { enable: true }: without it there is no "
            "metrics page"
        ),
        (
            'leave status="INVALID_ARGUMENT" out of the total where mistakes of clients should not '
            "count"
        ),
        "one target per version, or a proxy that routes each version to a cluster of its own",
    ),
)
