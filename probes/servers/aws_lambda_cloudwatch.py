"""AWS Lambda by Prometheus's cloudwatch_exporter: periods with their own, old timestamps."""

from probes.indicators import Distribution, Form, Level, Ratio, Shape, Source, Tally
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["AWS_LAMBDA_CLOUDWATCH"]

MILLISECONDS = 1e-3
FUNCTION = "function_name"

AWS_LAMBDA_CLOUDWATCH = ServerProfile(
    name="aws-lambda-cloudwatch",
    title="AWS Lambda by cloudwatch_exporter",
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
            name="latency_max",
            series=parse_selectors("aws_lambda_duration_maximum"),
            unit="seconds",
            scale=MILLISECONDS,
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
    port=9106,
    late_seconds=600.0,
    blind_spots=(
        (
            "figures are of a period and at least 600 s old (delay_seconds): burn over less than 15 "
            "minutes means nothing"
        ),
        "times are the average and the maximum of a period: no share within a limit is known",
        "throttled calls are neither invocations nor errors",
        "versions and aliases are not told apart unless they are exported as dimensions",
    ),
    see_more=(
        "the OpenTelemetry Lambda layer: histograms and counters, a minute old",
        "set_timestamp must stay true: without it a period cannot be told from the next",
    ),
)
