"""Google Cloud Run, and functions of the second generation, by stackdriver_exporter."""

from probes.indicators import Distribution, Form, Ratio, Source
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["GOOGLE_CLOUD_RUN"]

MILLISECONDS = 1e-3
PREFIX = "stackdriver_cloud_run_revision_run_googleapis_com_"
COUNT = f"{PREFIX}request_count"
TIMES = f"{PREFIX}request_latencies"
MODEL = "service_name"
VERSION = "revision_name"

GOOGLE_CLOUD_RUN = ServerProfile(
    name="google-cloud-run",
    title="Google Cloud Run by stackdriver_exporter",
    signatures=((f"{PREFIX}*",),),
    ratios=(
        Ratio(
            source=Source.PROXY,
            total=parse_selectors(COUNT),
            bad=parse_selectors(f'{COUNT}{{response_code_class="5xx"}}'),
            form=Form.PERIOD,
            model=MODEL,
            version=VERSION,
            declared=(COUNT, "gauge"),
        ),
        Ratio(
            source=Source.PROXY,
            total=parse_selectors(COUNT),
            bad=parse_selectors(f'{COUNT}{{response_code_class="5xx"}}'),
            model=MODEL,
            version=VERSION,
            declared=(COUNT, "counter"),
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.PROXY,
            family=Selector(name=TIMES),
            scale=MILLISECONDS,
            form=Form.PERIOD,
            model=MODEL,
            version=VERSION,
            declared=(COUNT, "gauge"),
        ),
        Distribution(
            name="latency",
            source=Source.PROXY,
            family=Selector(name=TIMES),
            scale=MILLISECONDS,
            model=MODEL,
            version=VERSION,
            declared=(COUNT, "counter"),
        ),
    ),
    port=9255,
    late_seconds=300.0,
    blind_spots=(
        (
            "figures are of the last minute of Google's own clock and minutes old: burn over less than "
            "15 minutes means nothing"
        ),
        "periods that pass between two scrapes are lost",
        "models are not told apart: a revision is one server",
    ),
    see_more=("--monitoring.aggregate-deltas: the exporter adds periods up to counters",),
)
