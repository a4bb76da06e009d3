"""Envoy: what clients were answered, and what each cluster answered; milliseconds."""

from probes.indicators import Distribution, Level, Ratio, Source, Tally
from probes.server_profile import ApiSign, ServerProfile
from slo import parse_selectors

__all__ = ["ENVOY"]

MILLISECONDS = 1e-3
CLUSTER = "envoy_cluster_name"
CLIENTS = 'envoy_http_conn_manager_prefix!="admin"'

ENVOY = ServerProfile(
    name="envoy",
    title="Envoy proxy",
    signatures=(("envoy_server_live",),),
    without=("istio_*",),
    ratios=(
        Ratio(
            source=Source.PROXY,
            total=parse_selectors(f"envoy_http_downstream_rq_xx{{{CLIENTS}}}"),
            bad=parse_selectors(
                f'envoy_http_downstream_rq_xx{{{CLIENTS},envoy_response_code_class="5"}}'
            ),
            cannot_see=("it is about all clusters behind the listeners together",),
        ),
        Ratio(
            source=Source.PROXY,
            total=parse_selectors("envoy_cluster_upstream_rq_xx"),
            bad=parse_selectors('envoy_cluster_upstream_rq_xx{envoy_response_code_class="5"}'),
            version=CLUSTER,
            cannot_see=("a request that Envoy answers without any cluster is not counted",),
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.PROXY,
            family=parse_selectors(f"envoy_http_downstream_rq_time{{{CLIENTS}}}")[0],
            scale=MILLISECONDS,
        ),
        Distribution(
            name="latency",
            source=Source.PROXY,
            family=parse_selectors("envoy_cluster_upstream_rq_time")[0],
            scale=MILLISECONDS,
            version=CLUSTER,
        ),
    ),
    levels=(
        Level(
            name="in_flight",
            series=parse_selectors("envoy_cluster_upstream_rq_active"),
            unit="requests",
            version=CLUSTER,
        ),
        Level(
            name="queue_depth",
            series=parse_selectors("envoy_cluster_upstream_rq_pending_active"),
            unit="requests",
            version=CLUSTER,
        ),
    ),
    tallies=(
        Tally(
            name="overflowed",
            series=parse_selectors("envoy_cluster_upstream_rq_pending_overflow"),
            unit="requests",
            version=CLUSTER,
        ),
        Tally(
            name="retries",
            series=parse_selectors("envoy_cluster_upstream_rq_retry"),
            unit="requests",
            version=CLUSTER,
        ),
    ),
    metrics_path="/stats/prometheus",
    api_signs=(ApiSign(path="/server_info", contains=('"version"', '"state"', '"hot_restart')),),
    live_path="/ready",
    ready_path="/ready",
    blind_spots=(
        "versions are told apart only where each is a cluster of its own",
        "upstream_rq_total counts attempts, retries among them: it is no count of requests",
        "upstream_rq_time leaves out attempts whose connection failed",
        (
            "a Python server that closes idle connections shows as a few 503: races, not failures of "
            "the model"
        ),
        "times are milliseconds though no name says so",
        "how good an answer is: 200 with a wrong result is good here",
    ),
    see_more=(
        "one weighted cluster per version",
        "?usedonly halves the page",
        "timeouts and keep-alive of Envoy below those of the server avoid the races",
    ),
)
