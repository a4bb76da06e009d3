"""Google Cloud Functions (first generation) by stackdriver_exporter: nanoseconds, per period."""

from probes.indicators import Distribution, Form, Ratio, Source
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["GOOGLE_CLOUD_FUNCTIONS"]

NANOSECONDS = 1e-9
PREFIX = "stackdriver_cloud_function_cloudfunctions_googleapis_com_function_"
COUNT = f"{PREFIX}execution_count"
TIMES = f"{PREFIX}execution_times"
MODEL = "function_name"

GOOGLE_CLOUD_FUNCTIONS = ServerProfile(
    name="google-cloud-functions",
    title="Google Cloud Functions by stackdriver_exporter",
    signatures=((f"{PREFIX}*",),),
    ratios=(
        Ratio(
            source=Source.SERVER,
            total=parse_selectors(COUNT),
            good=parse_selectors(f'{COUNT}{{status="ok"}}'),
            form=Form.PERIOD,
            model=MODEL,
            declared=(COUNT, "gauge"),
        ),
        Ratio(
            source=Source.SERVER,
            total=parse_selectors(COUNT),
            good=parse_selectors(f'{COUNT}{{status="ok"}}'),
            model=MODEL,
            declared=(COUNT, "counter"),
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.SERVER,
            family=Selector(name=TIMES),
            scale=NANOSECONDS,
            form=Form.PERIOD,
            model=MODEL,
            declared=(COUNT, "gauge"),
        ),
        Distribution(
            name="latency",
            source=Source.SERVER,
            family=Selector(name=TIMES),
            scale=NANOSECONDS,
            model=MODEL,
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
        "the histogram is of executions: requests that find no instance are not in it",
        "versions are not told apart",
    ),
    see_more=(
        "--monitoring.aggregate-deltas: the exporter adds periods up to counters",
        "second-generation functions report as Cloud Run, with revisions",
    ),
)
