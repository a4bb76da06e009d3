"""Text Generation Inference: seconds without a suffix, counters without ``_total``, no labels."""

from probes.indicators import Distribution, Level, Ratio, Source, Tally
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["TGI"]

TGI = ServerProfile(
    name="tgi",
    title="Text Generation Inference",
    signatures=(("tgi_request_count",),),
    ratios=(
        Ratio(
            source=Source.SERVER,
            # Counted when they come in and when they fail: what is still running is in the total.
            total=parse_selectors("tgi_request_count"),
            bad=parse_selectors("tgi_request_failure"),
            cannot_see=(
                'a client\'s mistakes count as bad too: err="validation" tells them apart',
            ),
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.SERVER,
            family=Selector(name="tgi_request_duration"),
            only_good=True,
        ),
        Distribution(
            name="tpot",
            source=Source.SERVER,
            family=Selector(name="tgi_request_mean_time_per_token_duration"),
            only_good=True,
        ),
        Distribution(
            name="queue_time",
            source=Source.ENGINE,
            family=Selector(name="tgi_request_queue_duration"),
            only_good=True,
        ),
        Distribution(
            name="prefill_time",
            source=Source.ENGINE,
            family=parse_selectors('tgi_batch_inference_duration{method="prefill"}')[0],
        ),
        Distribution(
            name="batch_size",
            source=Source.ENGINE,
            family=Selector(name="tgi_batch_next_size"),
            unit="requests",
        ),
    ),
    levels=(
        Level(name="in_flight", series=parse_selectors("tgi_batch_current_size"), unit="requests"),
        Level(name="queue_depth", series=parse_selectors("tgi_queue_size"), unit="requests"),
    ),
    tallies=(
        Tally(
            name="overloaded",
            series=parse_selectors('tgi_request_failure{err="overloaded"}'),
            unit="requests",
        ),
    ),
    held=("in_flight", "queue_depth"),
    port=80,
    live_path="/health",
    ready_path="/health",
    infer_path="/generate",
    protocol="own",
    blind_spots=(
        "no series names a model or a version: take them from the target",
        "the time to the first token is not told: it is about queue time and prefill time together",
        "input that does not validate counts as a failure, by err",
        "only requests that succeeded are timed",
        "the project is in maintenance mode, by its own README",
    ),
    see_more=(
        'leave err="validation" out of the bad requests where mistakes of clients should not count',
        "a proxy or mesh in front (Envoy, Istio): errors by code, and streams that are cut short",
    ),
)
