"""What the running rollouts' versions did, as intervals that canary_analysis can judge."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from canary_analysis import Analysis, Interval, Kind, Metric, Policy, Verdict
from controlplane.counting import Counting
from controlplane.decide.rollout import Rollout
from probes.reading import Reading
from slo import Selector

__all__ = ["ERRORS", "CanaryWatch", "Watched", "metrics_of", "policy_of"]

Counted = npt.NDArray[np.int64]
REQUESTS, ERRORS, GOOD, TIMED, LATENCY = "requests", "errors", "good", "timed", "latency"
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
    """

    reading: Reading
    model: str
    targets: tuple[str, ...]
    own_targets: Mapping[str, tuple[str, ...]]
    edges: Mapping[float, str]
    limit: float | None = None

    def sources(self, version: str) -> tuple[str, ...]:
        """Return the pages that a version is counted on."""
        return self.targets if self.reading.by_label else self.own_targets.get(version, ())


class CanaryWatch:
    """Keeps one analysis for each running rollout and feeds it what was counted since the last look.

    Counts and evidence are saved in one transaction, so a restart goes on where the evidence ended.
    """

    def __init__(self, counting: Counting) -> None:
        self._counting = counting
        self._analyses: dict[str, Analysis] = {}
        self._watched: dict[str, Watched] = {}
        self._seen: dict[str, dict[str, dict[str, float]]] = {}

    def watches(self, rollout_id: str) -> bool:
        """Whether this rollout's counts are being taken."""
        return rollout_id in self._watched

    def begin(self, rollout: Rollout, watched: Watched, *, saved: Mapping[str, Any] | None) -> None:
        """Count both versions from now on, or go on from what was saved."""
        self._define(rollout, watched)
        self._watched[rollout.id] = watched
        begun = Analysis.start(metrics_of(watched), policy_of(rollout))
        self._analyses[rollout.id], self._seen[rollout.id] = begun, self._counts(rollout)
        if saved is not None:
            before = Analysis.restore(saved["analysis"])
            # A server whose buckets changed is another measure: its evidence begins anew.
            if before.metrics == begun.metrics:
                self._analyses[rollout.id], self._seen[rollout.id] = before, saved["seen"]

    def refit(self, rollout: Rollout, watched: Watched) -> None:
        """Count on the targets there are now: replicas come and go while a rollout runs."""
        before = self._watched[rollout.id]
        same = (before.targets, before.own_targets) == (watched.targets, watched.own_targets)
        if not same:
            now = replace(before, targets=watched.targets, own_targets=watched.own_targets)
            self._watched[rollout.id] = now
            self._define(rollout, now)

    def look(self, rollout: Rollout, *, now: float) -> Verdict:
        """Take what was counted since the last look into account, and judge."""
        counts = self._counts(rollout)
        before = self._seen[rollout.id]
        gained = {key: _gain(counts[key], before.get(key, {})) for key in counts}
        self._seen[rollout.id] = counts
        elapsed = max(0.0, now - (rollout.progress.analysis_at or now))
        analysis = self._analyses[rollout.id]
        if any(any(gain.values()) for gain in gained.values()):
            intervals = self._intervals(rollout, gained, elapsed)
            analysis = self._analyses[rollout.id] = analysis.observe(intervals)
        return analysis.judge(elapsed)

    def canary_requests(self, rollout: Rollout) -> int:
        """Return the canary requests counted since the rollout began."""
        return int(self._counting.value(_key(rollout, rollout.spec.version, REQUESTS)))

    def baseline_requests(self, rollout: Rollout) -> int:
        """Return the baseline's requests counted since the rollout began."""
        return int(self._counting.value(_key(rollout, rollout.progress.baseline, REQUESTS)))

    def snapshot(self, rollout_id: str) -> dict[str, object] | None:
        """Return the evidence so far, fit for JSON; None before the analysis began."""
        analysis = self._analyses.get(rollout_id)
        if analysis is None:
            return None
        return {"analysis": analysis.snapshot(), "seen": self._seen[rollout_id]}

    def end(self, rollout: Rollout) -> None:
        """Stop counting for a rollout that is over."""
        watched = self._watched.pop(rollout.id, None)
        if watched is not None:
            for key in _tallies(rollout, watched):
                self._counting.undefine(key)
        self._analyses.pop(rollout.id, None)
        self._seen.pop(rollout.id, None)

    def _define(self, rollout: Rollout, watched: Watched) -> None:
        for version in (rollout.spec.version, rollout.progress.baseline):
            for key, selectors in _tallies_of(rollout, watched, version).items():
                self._counting.define(key, selectors, sources=watched.sources(version))

    def _counts(self, rollout: Rollout) -> dict[str, dict[str, float]]:
        keys = _tallies(rollout, self._watched[rollout.id])
        return {key: self._counting.by_source(key) for key in keys}

    def _intervals(
        self, rollout: Rollout, gained: dict[str, dict[str, float]], elapsed: float
    ) -> dict[str, Interval]:
        watched = self._watched[rollout.id]

        def rows(version: str, counted: tuple[str, ...]) -> Counted:
            """Counts of one version, shape (targets, counted)."""
            keys = [_key(rollout, version, what) for what in counted]
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
    return (Metric(name=ERRORS, kind=Kind.ERRORS), *late, *timed)


def policy_of(rollout: Rollout) -> Policy:
    """Return the statistical policy that a rollout asked for, with the noise that is known of."""
    spec = rollout.spec
    return Policy(
        alpha=spec.alpha,
        beta=spec.beta,
        error_margin=spec.error_odds,
        latency_margin=spec.latency_odds,
        tolerable_error_rate=spec.tolerable_errors,
        error_floor=spec.error_margin,
        soak_seconds=spec.soak_seconds * len(spec.steps),
        min_canary_requests=spec.min_requests,
        horizon_seconds=spec.horizon_seconds,
        promote_on_budget=spec.promote_on_budget,
        prior_phi=max(spec.prior_phi, rollout.progress.noise),
        latency_warmup_seconds=spec.warmup_seconds,
    )


def _tallies(rollout: Rollout, watched: Watched) -> dict[str, tuple[Selector, ...]]:
    """What is counted, by key: requests, errors, and answers within each bucket edge."""
    canary, baseline = rollout.spec.version, rollout.progress.baseline
    return _tallies_of(rollout, watched, canary) | _tallies_of(rollout, watched, baseline)


def _tallies_of(
    rollout: Rollout, watched: Watched, version: str
) -> dict[str, tuple[Selector, ...]]:
    reading, key = watched.reading, partial(_key, rollout, version)
    who = {"model": watched.model, "version": version}
    found = {
        key(REQUESTS): reading.requests(**who),
        key(_part(watched)): reading.part(**who),
        key(TIMED): reading.timed(**who),
    }
    for edge, le in watched.edges.items():
        found[key(_below(edge))] = reading.within(le, **who)
    return found


def _part(watched: Watched) -> str:
    return ERRORS if watched.reading.counts_bad else GOOD


def _not_good(counted: Counted) -> Counted:
    """Turn (all, good) into (all, bad); two counters of one page may be read a moment apart."""
    return np.column_stack((counted[:, 0], np.maximum(counted[:, 0] - counted[:, 1], 0)))


def _key(rollout: Rollout, version: str, what: str) -> str:
    return f"rollout/{rollout.id}/{version}/{what}"


def _below(edge: float) -> str:
    return f"le={edge!r}"


def _gain(now: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {source: value - before.get(source, 0.0) for source, value in now.items()}


def _slower(timed: Counted) -> Counted:
    """Turn (all, within edge 1, within edge 2, ...) into (all, slower than edge 1, ...)."""
    return np.column_stack((timed[:, :1], timed[:, :1] - timed[:, 1:]))


def _interval(
    targets: tuple[str, ...], canary: Counted, baseline: Counted, elapsed: float
) -> Interval:
    return Interval(
        canary_replicas=targets,
        canary_total=canary[:, 0],
        canary_above=canary[:, 1:],
        baseline_replicas=targets,
        baseline_total=baseline[:, 0],
        baseline_above=baseline[:, 1:],
        elapsed_seconds=elapsed,
    )
