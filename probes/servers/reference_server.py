"""The reference server that ships with trimtab: everything a control plane wishes to see."""

from probes.server_profile import ServerProfile
from slo import Matcher

__all__ = ["REFERENCE_SERVER"]

REFERENCE_SERVER = ServerProfile(
    name="reference-server",
    signature=("inference_requests_total", "inference_request_duration_seconds_bucket"),
    requests_name="inference_requests_total",
    error_matcher=Matcher(label="code", operator="=~", value="5.."),
    latency_name="inference_request_duration_seconds",
    latency_unit_seconds=1.0,
    held_names=("inference_in_flight", "inference_queue_depth"),
    model_label="model",
    version_label="version",
    ready_path="/v2/models/{model}/versions/{version}/ready",
    infer_path="/v2/models/{model}/versions/{version}/infer",
    blind_spots=("a request whose connection is refused by a full listen queue is not counted",),
)
