"""kube-state-metrics: what Kubernetes says of pods and deployments."""

from probes.indicators import Level, Tally
from probes.server_profile import ServerProfile
from slo import parse_selectors

__all__ = ["KUBE_STATE_METRICS"]

KUBE_STATE_METRICS = ServerProfile(
    name="kube-state-metrics",
    title="kube-state-metrics",
    signatures=(("kube_pod_info",),),
    levels=(
        Level(
            name="pods_ready",
            series=parse_selectors('kube_pod_status_ready{condition="true"}'),
            unit="pods",
        ),
        Level(
            name="replicas_available",
            series=parse_selectors("kube_deployment_status_replicas_available"),
            unit="replicas",
        ),
        Level(
            name="replicas_wanted",
            series=parse_selectors("kube_deployment_spec_replicas"),
            unit="replicas",
        ),
        Level(
            name="out_of_memory",
            series=parse_selectors(
                'kube_pod_container_status_last_terminated_reason{reason="OOMKilled"}'
            ),
            unit="containers",
        ),
    ),
    tallies=(
        Tally(
            name="restarts",
            series=parse_selectors("kube_pod_container_status_restarts_total"),
            unit="restarts",
        ),
    ),
    port=8080,
    blind_spots=(
        "it knows pods, not requests: no SLO can rest on it",
        "series vanish with their object: absence is not zero",
        "only the reason of the last end of a container is told",
    ),
    see_more=("the metrics page of the server itself, joined by namespace and pod",),
)
