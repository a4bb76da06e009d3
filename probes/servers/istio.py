"""Istio: each request as its caller's and as its server's proxy saw it; milliseconds."""

from probes.indicators import Distribution, Ratio, Source
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

__all__ = ["ISTIO"]

MILLISECONDS = 1e-3
MODEL = "destination_service"
VERSION = "destination_version"
REQUESTS = "istio_requests_total"
TIMES = "istio_request_duration_milliseconds"


def _bad(reporter: str) -> tuple[Selector, ...]:
    """Return 5xx, and code 0 (nothing was answered) unless the caller itself hung up (DC)."""
    return parse_selectors(
        f'{REQUESTS}{{reporter="{reporter}",response_code=~"5.."}}'
        f' + {REQUESTS}{{reporter="{reporter}",response_code="0",response_flags!="DC"}}'
    )


ISTIO = ServerProfile(
    name="istio",
    title="Istio proxy",
    signatures=((REQUESTS,),),
    ratios=(
        Ratio(
            source=Source.PROXY,
            total=parse_selectors(f'{REQUESTS}{{reporter="source"}}'),
            bad=_bad("source"),
            model=MODEL,
            version=VERSION,
        ),
        Ratio(
            source=Source.PROXY,
            total=parse_selectors(f'{REQUESTS}{{reporter="destination"}}'),
            bad=_bad("destination"),
            model=MODEL,
            version=VERSION,
            cannot_see=("a request that does not reach the server's proxy is not counted",),
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.PROXY,
            family=parse_selectors(f'{TIMES}{{reporter="source"}}')[0],
            scale=MILLISECONDS,
            model=MODEL,
            version=VERSION,
        ),
        Distribution(
            name="latency",
            source=Source.PROXY,
            family=parse_selectors(f'{TIMES}{{reporter="destination"}}')[0],
            scale=MILLISECONDS,
            model=MODEL,
            version=VERSION,
        ),
    ),
    not_versions=("unknown",),
    port=15020,
    metrics_path="/stats/prometheus",
    live_path="/healthz/ready",
    blind_spots=(
        "each request is reported twice, by source and by destination: count one of them",
        "a caller outside the mesh has no proxy: only the destination reports it",
        "a request that was never answered has code 0: only response_flags tell why",
        "the version is that of the pod's label: without one it is unknown",
        "how good an answer is: 200 with a wrong result is good here",
    ),
    see_more=(
        "the gateway's page for what clients outside saw, with reporter=source",
        "a version label on every pod",
    ),
)
