"""OpenTelemetry's Lambda layer: faas metrics, counted anew by each sandbox."""

from probes.indicators import Distribution, Ratio, Source, Tally
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["OPENTELEMETRY_LAMBDA"]

OPENTELEMETRY_LAMBDA = ServerProfile(
    name="opentelemetry-lambda",
    title="OpenTelemetry Lambda layer",
    signatures=(("faas_invocations_total",), ("faas_invoke_duration_seconds_count",)),
    ratios=(
        Ratio(
            source=Source.SERVER,
            total=parse_selectors("faas_invocations_total"),
            bad=parse_selectors("faas_errors_total + faas_timeouts_total"),
            model="job",
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.SERVER,
            family=Selector(name="faas_invoke_duration_seconds"),
            model="job",
        ),
        Distribution(
            name="cold_start_time",
            source=Source.SERVER,
            family=Selector(name="faas_init_duration_seconds"),
            model="job",
        ),
        Distribution(
            name="memory_used",
            source=Source.SERVER,
            family=Selector(name="faas_mem_usage_bytes"),
            unit="bytes",
            model="job",
        ),
    ),
    tallies=(
        Tally(
            name="cold_starts",
            series=parse_selectors("faas_coldstarts_total"),
            unit="requests",
            model="job",
        ),
    ),
    late_seconds=60.0,
    blind_spots=(
        (
            "each sandbox counts for itself and from zero: many short series, and what a sandbox "
            "counted after its last export is lost"
        ),
        "figures are exported every 60 s",
        "throttled calls never reach a sandbox: CloudWatch alone knows them",
        "versions are not told apart unless the job's name holds them",
    ),
    see_more=(
        "keep metrics_temporality cumulative: deltas would be taken for counters",
        "YACE or cloudwatch_exporter beside it for throttled calls",
    ),
)
