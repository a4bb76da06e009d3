"""What is told of mirrored requests: families of their own, so that no copy counts as a user's call."""

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from reference_server.comparison import Comparison, Likeness
from reference_server.metrics import BY_CODE, BY_VERSION, EDGES
from reference_server.model_store import ModelStore

__all__ = ["MirrorMetrics"]


class MirrorMetrics:
    """The counts that copies leave.

    Each pair of a request and its copy is counted at once, for both versions, when the copy is
    answered: the versions are compared on the same requests.

    Args:
        registry: Of the page.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._largest_known: dict[tuple[str, str], float] = {}
        self._requests = Counter(
            "inference_mirrored_requests",
            "Requests that two versions answered, once for each of the two.",
            BY_CODE,
            registry=registry,
        )
        self._duration = Histogram(
            "inference_mirrored_duration_seconds",
            "Time of such a request in the version's queue and in its hands.",
            BY_VERSION,
            buckets=EDGES,
            registry=registry,
        )
        self._dropped = Counter(
            "inference_mirror_dropped",
            "Copies that were not made, as too many were under way.",
            BY_VERSION,
            registry=registry,
        )
        self._answers = Counter(
            "inference_mirror_answers",
            "Copies whose answer was held against the client's.",
            ["model", "version", "likeness"],
            registry=registry,
        )
        self._tops = Counter(
            "inference_mirror_tops",
            "The same for the place of the highest score.",
            ["model", "version", "agrees"],
            registry=registry,
        )
        self._largest = Gauge(
            "inference_mirror_largest_difference",
            "Largest difference of two numbers in two answers, since the mirror was set.",
            BY_VERSION,
            registry=registry,
        )

    def watch(self, store: ModelStore) -> None:
        """Show each version from the start, at zero."""
        percent = Gauge(
            "inference_mirror_percent",
            "Percent of requests that a version is given copies of.",
            BY_VERSION,
            registry=self._registry,
        )
        for name, model in store.models.items():
            for version in model.lanes:
                percent.labels(name, version).set_function(partial(model.mirror.percent, version))
                for family in (self._duration, self._dropped, self._largest):
                    family.labels(name, version)
                for code in ("200", "500"):
                    self._requests.labels(name, version, code)
                for likeness in Likeness:
                    self._answers.labels(name, version, likeness.value)
                for agrees in ("yes", "no"):
                    self._tops.labels(name, version, agrees)

    def begin(self, model: str, version: str) -> None:
        """Forget the largest difference: another mirror begins."""
        self._largest_known.pop((model, version), None)
        self._largest.labels(model, version).set(0.0)

    def request(self, model: str, version: str, code: int, seconds: float) -> None:
        """Count one of a pair."""
        self._requests.labels(model, version, code).inc()
        self._duration.labels(model, version).observe(seconds)

    def dropped(self, model: str, version: str) -> None:
        """Count a copy that was not made."""
        self._dropped.labels(model, version).inc()

    def compared(self, model: str, version: str, found: Comparison) -> None:
        """Count what came of holding two answers against each other."""
        self._answers.labels(model, version, found.likeness.value).inc()
        if found.top_agrees is not None:
            self._tops.labels(model, version, "yes" if found.top_agrees else "no").inc()
        known = self._largest_known.get((model, version), 0.0)
        if found.largest > known:
            self._largest_known[model, version] = found.largest
            self._largest.labels(model, version).set(found.largest)
