"""What is counted of a rollout's versions, and the intervals that canary_analysis judges. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from canary_analysis import Interval, Kind, Metric
from controlplane.canary_gauges import WatchedGauge
from controlplane.decide.rollout import Rollout
from probes.reading import Reading
from slo import Selector

__all__ = [
    "COMPARED",
    "DIFFERENT",
    "ERRORS",
    "LATENCY",
    "MOST_EDGES",
    "REQUESTS",
    "Watched",
    "intervals_of",
    "metrics_of",
    "some_edges",
    "tallies_of",
    "tally_key",
]

Counted = npt.NDArray[np.int64]
Gained = Mapping[str, Mapping[str, float]]
"""What each tally gained since the last look, by target."""

REQUESTS, ERRORS, GOOD, TIMED, LATENCY = "requests", "errors", "good", "timed", "latency"
COMPARED, DIFFERENT = "compared", "different"
MOST_EDGES = 64
LATE = "answers beyond the SLO's limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Where a rollout's versions are counted.

    Attributes:
        reading: How the service's pages are read.
        model: The name the model server uses.
        targets: Names of the pages.
        own_targets: Pages by version, where no label tells versions apart.
        edges: Bucket edges of the latency histogram in seconds, rising, without +Inf, each with
            its ``le`` label as the pages write it.
        limit: The edge that the service's latency SLO names; None when it has no such SLO.
        gauges: Levels that are watched besides.
    """

    reading: Reading
    model: str
    targets: tuple[str, ...]
    own_targets: Mapping[str, tuple[str, ...]]
    edges: Mapping[float, str]
    limit: float | None = None
    gauges: tuple[WatchedGauge, ...] = ()

    def sources(self, version: str) -> tuple[str, ...]:
        """Return the pages that a version is counted on."""
        return self.targets if self.reading.by_label else self.own_targets.get(version, ())


def some_edges(edges: Mapping[float, str], limit: float | None) -> dict[float, str]:
    """Return at most `MOST_EDGES` bucket edges, evenly among all, and the one that an SLO names.

    What a page shows comes from outside, and each edge costs memory and time in every look.
    """
    places = np.unique(np.linspace(0, len(edges) - 1, min(len(edges), MOST_EDGES)).astype(int))
    kept = {edge for place, edge in enumerate(edges) if place in set(places.tolist())} | {limit}
    return {edge: le for edge, le in edges.items() if edge in kept}


def metrics_of(watched: Watched) -> tuple[Metric, ...]:
    """Return what the versions are compared by.

    Each bucket edge can convict a slower canary. To prove that every edge is as before takes tens
    of thousands of requests, so where an SLO says which limit matters, promotion waits for proof
    of that one: that answers beyond it are rare, as errors must be.
    """
    named = watched.limit is not None
    latency = Metric(
        name=LATENCY, kind=Kind.LATENCY, edges=tuple(watched.edges), critical=not named
    )
    late = (Metric(name=LATE, kind=Kind.ERRORS),) if named else ()
    timed = (latency,) if watched.edges else ()  # a server may have no histogram
    levels = (gauge.metric for gauge in watched.gauges)
    return (Metric(name=ERRORS, kind=Kind.ERRORS), *late, *timed, *levels)


def intervals_of(
    rollout: Rollout, watched: Watched, gained: Gained, elapsed: float
) -> dict[str, Interval]:
    """Return what was gained since the last look, by metric.

    Args:
        rollout: Whose versions.
        watched: Where they are counted.
        gained: By tally and target.
        elapsed: Now, seconds since the analysis began.
    """

    def rows(version: str, counted: tuple[str, ...]) -> Counted:
        """Counts of one version, shape (targets, counted)."""
        keys = [tally_key(rollout, version, what) for what in counted]
        table = [[gained[key].get(target, 0.0) for key in keys] for target in watched.targets]
        return np.array(table, dtype=np.int64)

    below = tuple(_below(edge) for edge in watched.edges)
    canary, baseline = rollout.spec.version, rollout.progress.baseline
    part = _part(watched)
    arms = [(rows(v, (REQUESTS, part)), rows(v, (TIMED, *below))) for v in (canary, baseline)]
    (failed, timed), (failed_before, timed_before) = arms
    if part == GOOD:
        failed, failed_before = _not_good(failed), _not_good(failed_before)
    found = {ERRORS: _interval(watched.targets, failed, failed_before, elapsed)}
    slower, slower_before = _slower(timed), _slower(timed_before)
    if watched.edges:
        found[LATENCY] = _interval(watched.targets, slower, slower_before, elapsed)
    if watched.limit is not None:
        late = (0, 1 + list(watched.edges).index(watched.limit))
        before = slower_before[:, late]
        found[LATE] = _interval(watched.targets, slower[:, late], before, elapsed)
    return found


def tallies_of(rollout: Rollout, watched: Watched, version: str) -> dict[str, tuple[Selector, ...]]:
    """Return what is counted of a version, by key: requests, errors, answers within each edge."""
    reading, key = watched.reading, partial(tally_key, rollout, version)
    who = {"model": watched.model, "version": version}
    found = {
        key(REQUESTS): reading.requests(**who),
        key(_part(watched)): reading.part(**who),
        key(TIMED): reading.timed(**who),
    }
    if reading.of_copies and version == rollout.spec.version:
        found[key(COMPARED)] = reading.compared(**who)
        found[key(DIFFERENT)] = reading.different(**who)
    for edge, le in watched.edges.items():
        found[key(_below(edge))] = reading.within(le, **who)
    return found


def _part(watched: Watched) -> str:
    return ERRORS if watched.reading.counts_bad else GOOD


def _not_good(counted: Counted) -> Counted:
    """Turn (all, good) into (all, bad); two counters of one page may be read a moment apart."""
    return np.column_stack((counted[:, 0], np.maximum(counted[:, 0] - counted[:, 1], 0)))


def tally_key(rollout: Rollout, version: str, what: str) -> str:
    """Return the name of one tally of a version."""
    return f"rollout/{rollout.id}/{version}/{what}"


def _below(edge: float) -> str:
    return f"le={edge!r}"


def _slower(timed: Counted) -> Counted:
    """Turn (all, within edge 1, within edge 2, ...) into (all, slower than edge 1, ...)."""
    return np.column_stack((timed[:, :1], timed[:, :1] - timed[:, 1:]))


def _interval(
    targets: tuple[str, ...], canary: Counted, baseline: Counted, elapsed: float
) -> Interval:
    return Interval(
        canary_replicas=targets,
        canary_total=canary[:, 0],
        canary_above=_possible(canary),
        baseline_replicas=targets,
        baseline_total=baseline[:, 0],
        baseline_above=_possible(baseline),
        elapsed_seconds=elapsed,
    )


def _possible(counted: Counted) -> Counted:
    """Counts above each edge, none of them below zero or above the requests.

    A server may print a bucket and its count, or errors and requests, a moment apart.
    """
    return np.clip(counted[:, 1:], 0, counted[:, :1])
