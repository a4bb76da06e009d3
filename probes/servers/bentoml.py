"""BentoML: HTTP counters by endpoint and code."""

from probes.indicators import Distribution, Level, Ratio, Source
from probes.server_profile import ApiSign, ServerProfile
from slo import Matcher, Selector, parse_selectors

__all__ = ["BENTOML"]

OWN_PAGES = ".*/(livez|readyz|healthz|schema.json|docs.json|static_content/.*)?"
"""What every service has beside its model: BentoML counts a health check as a request."""

MODEL = Matcher(label="endpoint", operator="!~", value=OWN_PAGES)
REQUESTS = Selector(name="bentoml_service_request_total", matchers=(MODEL,))
FAILED = Matcher(label="http_response_code", operator="=~", value="5..")

BENTOML = ServerProfile(
    name="bentoml",
    title="BentoML",
    signatures=(("bentoml_service_request_total",),),
    ratios=(
        Ratio(
            source=Source.SERVER,
            total=(REQUESTS,),
            bad=(Selector(name=REQUESTS.name, matchers=(MODEL, FAILED)),),
            model="service_name",
            version="service_version",
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.SERVER,
            family=Selector(name="bentoml_service_request_duration_seconds", matchers=(MODEL,)),
            model="service_name",
            version="service_version",
        ),
        Distribution(
            name="batch_size",
            source=Source.ENGINE,
            family=Selector(name="bentoml_service_adaptive_batch_size"),
            unit="requests",
            model="service_name",
            version="service_version",
        ),
    ),
    levels=(
        Level(
            name="in_flight",
            series=parse_selectors("bentoml_service_request_in_progress"),
            unit="requests",
            model="service_name",
            version="service_version",
        ),
    ),
    held=("in_flight",),
    not_versions=("not available",),
    port=3000,
    api_signs=(ApiSign(path="/schema.json", contains=('"routes"',)),),
    live_path="/livez",
    ready_path="/readyz",
    protocol="own",
    blind_spots=(
        (
            "bad input that the service does not catch is answered with 500 and counts as the "
            "server's failure"
        ),
        "the endpoint label holds whatever clients ask for: unknown paths appear with 404",
        'a service that was not started from a built bento has the version "not available"',
        "readiness is of the service, not of a model",
        "how many requests wait is not told",
        "the page is served by the loop that serves traffic: under load it is late",
    ),
    see_more=(
        "serve a built bento: its tag becomes the version label",
        "a proxy or mesh in front (Envoy, Istio) sees requests that a busy loop never accepts",
    ),
)
