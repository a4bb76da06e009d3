"""Prometheus blackbox_exporter: the verdict of one probe."""

from probes.indicators import Level
from probes.server_profile import ServerProfile
from slo import parse_selectors

__all__ = ["BLACKBOX"]

BLACKBOX = ServerProfile(
    name="blackbox",
    title="Prometheus blackbox_exporter",
    signatures=(("probe_success",),),
    levels=(
        Level(name="probe_passed", series=parse_selectors("probe_success"), unit="ratio"),
        Level(name="probe_status", series=parse_selectors("probe_http_status_code"), unit="code"),
        Level(
            name="probe_duration", series=parse_selectors("probe_duration_seconds"), unit="seconds"
        ),
    ),
    port=9115,
    metrics_path="/probe",
    late_seconds=0.0,
    blind_spots=(
        "the page answers 200 also where the probe failed: the verdict is probe_success",
        "each page is one probe of its own: nothing is counted, so no SLO can rest on it",
        "what clients send and get is not seen",
    ),
    see_more=(
        "probes of trimtab's own: they are counted, and ask a question whose answer is known",
        "the metrics page of the server itself",
    ),
)
