"""How to read one kind of model server: its metrics, their units, its addresses, its blind spots."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from probes.exposition import Page
from slo import Matcher, Selector

__all__ = ["ServerProfile", "recognise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerProfile:
    """One kind of model server.

    Attributes:
        name: As in trimtab.yaml.
        signature: Families of which each must be on a page for it to be recognised.
        requests_name: Counter of answered requests.
        error_matcher: Which of them failed.
        latency_name: Histogram of the whole time of a request, without suffix.
        latency_unit_seconds: Seconds in one of its units.
        held_names: Gauges whose sum is the requests that are held, queued ones included.
        model_label: Label that names the model.
        version_label: Label that names the version.
        ready_path: Readiness of one version, with {model} and {version}.
        infer_path: Inference by one version, with {model} and {version}.
        blind_spots: What it cannot see, for people.
    """

    name: str
    signature: tuple[str, ...]
    requests_name: str
    error_matcher: Matcher
    latency_name: str
    latency_unit_seconds: float
    held_names: tuple[str, ...]
    model_label: str
    version_label: str
    ready_path: str
    infer_path: str
    blind_spots: tuple[str, ...] = ()

    def requests(self, *, model: str, version: str) -> Selector:
        """Return the counter of all requests of a version."""
        return self._of(self.requests_name, model, version)

    def errors(self, *, model: str, version: str) -> Selector:
        """Return the counter of its failed requests."""
        every = self.requests(model=model, version=version)
        return Selector(name=every.name, matchers=(*every.matchers, self.error_matcher))

    def latency_count(self, *, model: str, version: str) -> Selector:
        """Return the count of its latency histogram."""
        return self._of(f"{self.latency_name}_count", model, version)

    def latency_bucket(self, le: str, *, model: str, version: str) -> Selector:
        """Return one bucket; ``le`` is the label as the page writes it."""
        return self._of(f"{self.latency_name}_bucket", model, version).where(le=le)

    def latency_edges(self, pages: Iterable[Page], *, model: str) -> dict[float, str]:
        """Return the bucket edges that pages show, rising, in seconds, with their ``le`` labels."""
        bucket = f"{self.latency_name}_bucket"
        written = {
            labels["le"]
            for page in pages
            for name, labels in page.layout.series
            if name == bucket and labels.get(self.model_label) == model and "le" in labels
        }
        found = {edge: le for le in sorted(written) if (edge := self._seconds(le)) < inf}
        return dict(sorted(found.items()))

    def held_requests(self, page: Page) -> float:
        """Return how many requests the server holds just now."""
        values: list[float] = page.values.tolist()
        return sum(
            value
            for (name, _), value in zip(page.layout.series, values, strict=True)
            if name in self.held_names and value < inf  # False for what is not a number
        )

    def _seconds(self, le: str) -> float:
        try:
            return float(le) * self.latency_unit_seconds
        except ValueError:
            return inf

    def _of(self, name: str, model: str, version: str) -> Selector:
        return Selector(name=name).where(**{self.model_label: model, self.version_label: version})


def recognise(page: Page, profiles: Iterable[ServerProfile]) -> tuple[ServerProfile, ...]:
    """Return the servers that a page belongs to; one page can hold several."""
    names = {name for name, _ in page.layout.series} | set(page.layout.types)
    return tuple(p for p in profiles if all(family in names for family in p.signature))
