"""Azure Functions by azure-metrics-exporter: one metric, the measure in a label; averages only."""

from probes.indicators import Distribution, Form, Ratio, Shape, Source, Tally
from probes.server_profile import ServerProfile
from slo import parse_selectors

__all__ = ["AZURE_FUNCTIONS"]

FUNCTION = "resourceID"

AZURE_FUNCTIONS = ServerProfile(
    name="azure-functions",
    title="Azure Functions by azure-metrics-exporter",
    signatures=(("azure_metric_*",), ("azurerm_resource_metric",)),
    ratios=(
        Ratio(
            source=Source.PROXY,
            total=parse_selectors('azure_metric_functions{metric="Requests",aggregation="total"}'),
            bad=parse_selectors('azure_metric_functions{metric="Http5xx",aggregation="total"}'),
            form=Form.PERIOD,
            model=FUNCTION,
        ),
        Ratio(
            source=Source.PROXY,
            total=parse_selectors('azurerm_resource_metric{metric="Requests",aggregation="total"}'),
            bad=parse_selectors('azurerm_resource_metric{metric="Http5xx",aggregation="total"}'),
            form=Form.PERIOD,
            model=FUNCTION,
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.PROXY,
            family=parse_selectors(
                'azure_metric_functions{metric="HttpResponseTime",aggregation="average"}'
            )[0],
            shape=Shape.AVERAGE,
            form=Form.PERIOD,
            model=FUNCTION,
        ),
        Distribution(
            name="latency",
            source=Source.PROXY,
            family=parse_selectors(
                'azurerm_resource_metric{metric="HttpResponseTime",aggregation="average"}'
            )[0],
            shape=Shape.AVERAGE,
            form=Form.PERIOD,
            model=FUNCTION,
        ),
    ),
    tallies=(
        Tally(
            name="executions",
            series=parse_selectors(
                'azure_metric_functions{metric="FunctionExecutionCount",aggregation="total"}'
            ),
            unit="requests",
            form=Form.PERIOD,
            model=FUNCTION,
        ),
    ),
    port=8080,
    metrics_path="/probe/metrics/list",
    late_seconds=300.0,
    blind_spots=(
        "times are averages of an interval: no percentile and no share within a limit exists",
        "figures are of whole minutes and come late: burn over less than 15 minutes means nothing",
        "executions without HTTP (queues, timers) have no failures here",
        "versions and slots are not told apart",
    ),
    see_more=(
        "ask with name=azure_metric_functions and metric=Requests,Http5xx,HttpResponseTime",
        "OpenTelemetry in the function: histograms of its own",
        "period: 1m at the target, as the page carries no times: each period is then counted once",
    ),
)
