"""The analyses of the running rollouts: fed with what was counted, asked for verdicts, and saved."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from canary_analysis import Analysis, FreshMinutes, Policy, Verdict
from controlplane.canary_counts import (
    COMPARED,
    DIFFERENT,
    LATENCY,
    REQUESTS,
    Watched,
    intervals_of,
    metrics_of,
    tallies_of,
    tally_key,
)
from controlplane.canary_gauges import PageSeen, read_gauges, sides_of
from controlplane.counting import Counting
from controlplane.decide.rollout import Rollout
from controlplane.evidence import evidence_of

__all__ = ["CanaryWatch", "policy_of"]

Counts = Mapping[str, Mapping[str, float]]
"""By tally and target."""

NO_PAGES: Mapping[str, PageSeen] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """How far the analysis of one rollout has come.

    Attributes:
        service: Whose rollout it is.
        watched: Where its versions are counted.
        analysis: What was learned.
        seen: Counts at the last look.
        read_at: When each replica's page was read for its levels, Unix seconds.
        fresh: Answers by minute, for the rollouts to come to learn from; None without a histogram.
        judged_seconds: When the last verdict was reached, since the analysis began; None before.
        verdict: That verdict, as JSON.
    """

    service: str
    watched: Watched
    analysis: Analysis
    seen: Counts
    fresh: FreshMinutes | None
    read_at: Mapping[str, float] = field(default_factory=dict)
    judged_seconds: float | None = None
    verdict: Mapping[str, Any] | None = None


class CanaryWatch:
    """Keeps one analysis for each running rollout and feeds it what was counted since the last look.

    Counts and evidence are saved in one transaction, so a restart goes on where the evidence ended.
    """

    def __init__(self, counting: Counting) -> None:
        self._counting = counting
        self._standing: dict[str, _Standing] = {}

    def watches(self, rollout_id: str) -> bool:
        """Whether this rollout's counts are being taken."""
        return rollout_id in self._standing

    def begin(self, rollout: Rollout, watched: Watched, *, saved: Mapping[str, Any] | None) -> None:
        """Count both versions from now on, or go on from what was saved."""
        self._define(rollout, watched)
        begun = _Standing(
            service=rollout.spec.service,
            watched=watched,
            analysis=Analysis.start(metrics_of(watched), policy_of(rollout)),
            seen=self._counts(rollout, watched),
            fresh=FreshMinutes.empty(len(watched.edges)) if watched.edges else None,
        )
        self._standing[rollout.id] = begun
        if saved is not None:
            before = Analysis.restore(saved["analysis"])
            # A server whose buckets changed is another measure: its evidence begins anew.
            if before.metrics == begun.analysis.metrics:
                self._standing[rollout.id] = replace(
                    begun,
                    analysis=before,
                    seen=saved["seen"],
                    fresh=_fresh(saved.get("fresh"), begun.fresh),
                    judged_seconds=saved.get("judged_seconds"),
                    verdict=saved.get("verdict"),
                )

    def refit(self, rollout: Rollout, watched: Watched) -> None:
        """Count on the targets there are now: replicas come and go while a rollout runs."""
        standing = self._standing[rollout.id]
        before = standing.watched
        same = (before.targets, before.own_targets) == (watched.targets, watched.own_targets)
        if not same:
            now = replace(before, targets=watched.targets, own_targets=watched.own_targets)
            self._standing[rollout.id] = replace(standing, watched=now)
            self._define(rollout, now)

    def gauge_names(self, service: str) -> frozenset[str]:
        """Return the names of the series that the levels of a service's replicas are read from."""
        running = (each.watched for each in self._standing.values() if each.service == service)
        return frozenset[str]().union(*(g.names for watched in running for g in watched.gauges))

    @property
    def asks_gpus(self) -> bool:
        """Whether any rollout watches what only the page of an exporter of GPUs may tell."""
        return any(g.of_gpus for each in self._standing.values() for g in each.watched.gauges)

    def look(
        self, rollout: Rollout, *, now: float, pages: Mapping[str, PageSeen] = NO_PAGES
    ) -> Verdict:
        """Take what was counted and read since the last look into account, and judge.

        Args:
            rollout: Which.
            now: Unix seconds.
            pages: What replicas that answer showed last, by target; for levels only.
        """
        standing = self._standing[rollout.id]
        counts = self._counts(rollout, standing.watched)
        gained = {key: _gain(counts[key], standing.seen.get(key, {})) for key in counts}
        elapsed = max(0.0, now - (rollout.progress.analysis_at or now))
        analysis, fresh = standing.analysis, standing.fresh
        if any(any(gain.values()) for gain in gained.values()):
            intervals = intervals_of(rollout, standing.watched, gained, elapsed)
            analysis = analysis.observe(intervals)
            fresh = fresh and fresh.observe(intervals[LATENCY])
        new = {t: p for t, p in pages.items() if p.at > standing.read_at.get(t, 0.0)}
        analysis = self._with_levels(rollout, analysis, new, elapsed)
        verdict = analysis.judge(elapsed)
        self._standing[rollout.id] = replace(
            standing,
            analysis=analysis,
            seen=counts,
            fresh=fresh,
            read_at={**standing.read_at, **{target: page.at for target, page in new.items()}},
            judged_seconds=elapsed,
            verdict=evidence_of(verdict),
        )
        return verdict

    def canary_requests(self, rollout: Rollout) -> int:
        """Return the canary requests counted since the rollout began."""
        return int(self._counting.value(tally_key(rollout, rollout.spec.version, REQUESTS)))

    def baseline_requests(self, rollout: Rollout) -> int:
        """Return the baseline's requests counted since the rollout began."""
        return int(self._counting.value(tally_key(rollout, rollout.progress.baseline, REQUESTS)))

    def answers(self, rollout: Rollout) -> tuple[int, int]:
        """Return how many answers of a mirrored canary were compared, and how many differed."""
        found = (
            self._counting.value(tally_key(rollout, rollout.spec.version, what))
            for what in (COMPARED, DIFFERENT)
        )
        compared, different = map(int, found)
        return compared, different

    def snapshot(self, rollout_id: str) -> dict[str, object] | None:
        """Return the evidence so far with the last verdict, fit for JSON; None before it began.

        Whoever has it can reckon that verdict again, so they are saved as one.
        """
        standing = self._standing.get(rollout_id)
        if standing is None:
            return None
        return {
            "analysis": standing.analysis.snapshot(),
            "seen": standing.seen,
            "fresh": standing.fresh and standing.fresh.to_plain(),
            "judged_seconds": standing.judged_seconds,
            "verdict": standing.verdict,
        }

    def end(self, rollout: Rollout) -> None:
        """Stop counting for a rollout that is over."""
        standing = self._standing.pop(rollout.id, None)
        if standing is not None:
            for version in _versions(rollout):
                for key in tallies_of(rollout, standing.watched, version):
                    self._counting.undefine(key)

    def _with_levels(
        self, rollout: Rollout, analysis: Analysis, pages: Mapping[str, PageSeen], elapsed: float
    ) -> Analysis:
        """Add what new pages say of the levels of replicas."""
        watched = self._standing[rollout.id].watched
        if not (watched.gauges and pages):
            return analysis
        canary, baseline = (
            self._counting.by_source(tally_key(rollout, version, REQUESTS))
            for version in _versions(rollout)
        )
        read = read_gauges(
            watched.gauges,
            pages,
            sides_of(canary, baseline),
            model=watched.model,
            versions=_versions(rollout),
            elapsed=elapsed,
        )
        return analysis.observe(read)

    def _define(self, rollout: Rollout, watched: Watched) -> None:
        for version in _versions(rollout):
            for key, selectors in tallies_of(rollout, watched, version).items():
                self._counting.define(key, selectors, sources=watched.sources(version))

    def _counts(self, rollout: Rollout, watched: Watched) -> dict[str, dict[str, float]]:
        return {
            key: self._counting.by_source(key)
            for version in _versions(rollout)
            for key in tallies_of(rollout, watched, version)
        }


def _fresh(saved: object, otherwise: FreshMinutes | None) -> FreshMinutes | None:
    """Return the minutes that were saved; what an older version saved has none."""
    return otherwise if saved is None else FreshMinutes.from_plain(saved)


def _versions(rollout: Rollout) -> tuple[str, str]:
    return rollout.spec.version, rollout.progress.baseline


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
        prior_spread=rollout.progress.spread,
        prior_phi=max(spec.prior_phi, rollout.progress.noise),
        latency_warmup_seconds=rollout.progress.warmup,
    )


def _gain(now: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {source: value - before.get(source, 0.0) for source, value in now.items()}
