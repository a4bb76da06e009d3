"""AWS Lambda by yet-another-cloudwatch-exporter: gauges of the last period, never to be rated."""

from probes.indicators import Distribution, Form, Level, Ratio, Shape, Source, Tally
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["AWS_LAMBDA_YACE"]

MILLISECONDS = 1e-3
FUNCTION = "dimension_FunctionName"

AWS_LAMBDA_YACE = ServerProfile(
    name="aws-lambda-yace",
    title="AWS Lambda by YACE",
    signatures=((f'aws_lambda_invocations_sum{{{FUNCTION}!=""}}',),),
    ratios=(
        Ratio(
            source=Source.SERVER,
            total=parse_selectors("aws_lambda_invocations_sum"),
            bad=parse_selectors("aws_lambda_errors_sum"),
            form=Form.PERIOD,
            model=FUNCTION,
            cannot_see=("throttled calls are neither invocations nor errors",),
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.SERVER,
            family=Selector(name="aws_lambda_duration_average"),
            shape=Shape.AVERAGE,
            scale=MILLISECONDS,
            form=Form.PERIOD,
            model=FUNCTION,
        ),
    ),
    levels=(
        Level(
            name="latency_p99",
            series=parse_selectors("aws_lambda_duration_p99"),
            unit="seconds",
            scale=MILLISECONDS,
            model=FUNCTION,
        ),
        Level(
            name="latency_max",
            series=parse_selectors("aws_lambda_duration_maximum"),
            unit="seconds",
            scale=MILLISECONDS,
            model=FUNCTION,
        ),
        Level(
            name="in_flight",
            series=parse_selectors("aws_lambda_concurrent_executions_maximum"),
            unit="requests",
            model=FUNCTION,
        ),
    ),
    tallies=(
        Tally(
            name="throttled",
            series=parse_selectors("aws_lambda_throttles_sum"),
            unit="requests",
            form=Form.PERIOD,
            model=FUNCTION,
        ),
    ),
    port=5000,
    late_seconds=300.0,
    blind_spots=(
        (
            "each figure is of a whole period (300 s as usual) and comes after it: burn over less than "
            "15 minutes means nothing"
        ),
        "a function that was not called says NaN or nothing",
        "times are an average and percentiles of a period: no share within a limit is known",
        "throttled calls are neither invocations nor errors",
        "versions and aliases are not told apart unless they are exported as dimensions",
    ),
    see_more=(
        "the OpenTelemetry Lambda layer: histograms and counters, a minute old",
        "nilToZero: true says 0 where nothing was called",
        "a period of 60 s in the exporter's configuration",
        "addCloudwatchTimestamp: true, or period: 5m at the target: each period is then counted once",
    ),
)
