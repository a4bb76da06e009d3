"""Prometheus node_exporter: the host beneath the servers."""

from probes.indicators import Level, Tally
from probes.server_profile import ServerProfile
from slo import parse_selectors

__all__ = ["NODE_EXPORTER"]

NODE_EXPORTER = ServerProfile(
    name="node-exporter",
    title="Prometheus node_exporter",
    signatures=(("node_cpu_seconds_total",),),
    levels=(
        Level(name="load", series=parse_selectors("node_load1"), unit="processes"),
        Level(
            name="memory_available",
            series=parse_selectors("node_memory_MemAvailable_bytes"),
            unit="bytes",
        ),
        Level(
            name="memory_total", series=parse_selectors("node_memory_MemTotal_bytes"), unit="bytes"
        ),
    ),
    tallies=(
        Tally(
            name="cpu_busy",
            series=parse_selectors('node_cpu_seconds_total{mode!~"idle|iowait"}'),
            unit="seconds",
        ),
        Tally(name="cpu", series=parse_selectors("node_cpu_seconds_total"), unit="seconds"),
    ),
    port=9100,
    blind_spots=(
        "it knows a host, not requests: no SLO can rest on it",
        "which process uses what is not told",
    ),
    see_more=("the metrics page of the server itself",),
)
