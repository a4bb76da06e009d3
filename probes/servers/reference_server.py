"""The reference server that ships with trimtab: everything a control plane wishes to see."""

from probes.indicators import Distribution, Level, Ratio, Source
from probes.server_profile import ApiSign, MirrorSigns, ServerProfile
from slo import Selector, parse_selectors

__all__ = ["REFERENCE_SERVER"]

REFERENCE_SERVER = ServerProfile(
    name="reference-server",
    title="Trimtab reference server",
    signatures=(("inference_requests_total", "inference_request_duration_seconds_bucket"),),
    ratios=(
        Ratio(
            source=Source.SERVER,
            total=parse_selectors("inference_requests_total"),
            bad=parse_selectors('inference_requests_total{code=~"5.."}'),
            model="model",
            version="version",
        ),
    ),
    distributions=(
        Distribution(
            name="latency",
            source=Source.SERVER,
            family=Selector(name="inference_request_duration_seconds"),
            model="model",
            version="version",
        ),
    ),
    levels=(
        Level(
            name="in_flight",
            series=parse_selectors("inference_in_flight"),
            unit="requests",
            model="model",
            version="version",
        ),
        Level(
            name="queue_depth",
            series=parse_selectors("inference_queue_depth"),
            unit="requests",
            model="model",
            version="version",
        ),
    ),
    held=("in_flight", "queue_depth"),
    mirror=MirrorSigns(
        ratio=Ratio(
            name="mirrored",
            source=Source.SERVER,
            total=parse_selectors("inference_mirrored_requests_total"),
            bad=parse_selectors('inference_mirrored_requests_total{code!="200"}'),
            model="model",
            version="version",
        ),
        latency=Distribution(
            name="latency",
            source=Source.SERVER,
            family=Selector(name="inference_mirrored_duration_seconds"),
            model="model",
            version="version",
        ),
        compared=parse_selectors("inference_mirror_answers_total"),
        different=parse_selectors('inference_mirror_answers_total{likeness!="same"}'),
    ),
    api_signs=(ApiSign(path="/v2", contains=("trimtab-model-server",)),),
    ready_path="/v2/models/{model}/versions/{version}/ready",
    infer_path="/v2/models/{model}/versions/{version}/infer",
    protocol="v2",
    blind_spots=("a request whose connection is refused by a full listen queue is not counted",),
)
