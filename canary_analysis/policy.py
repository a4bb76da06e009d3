"""What an analysis tolerates, and how sure it must be."""

from dataclasses import dataclass
from math import isfinite

from canary_analysis.errors import InvalidPolicy

__all__ = ["Policy"]

PRIORS = ("prior_spread", "prior_replicas")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Limits of one analysis. Shares lie in (0, 1), margins are odds ratios, times are seconds.

    Attributes:
        alpha: Accepted chance of ever rolling back a canary that is within the margins.
        beta: Accepted chance of promoting one that is beyond an equivalence margin.
        left_out_alpha: Accepted chance that one sick replica convicts an otherwise good canary:
            without any one replica the evidence must still reach one over it.
        error_margin: Odds ratio of errors that still counts as "no worse".
        latency_margin: The same for requests slower than a bucket edge.
        error_equivalence: Odds ratio of errors that must be excluded before promotion.
        latency_equivalence: The same for every informative bucket edge.
        tolerable_error_rate: A canary proven below this error share is good enough on its own.
        error_floor: Rise of the error share that is never worth a rollback.
        soak_seconds: Least time before promotion.
        horizon_seconds: Time after which the analysis stops waiting for proof.
        min_canary_requests: Least canary requests before promotion.
        stale_after_seconds: Data older than this say nothing about now.
        late_start_seconds: A bet that things turned bad later is placed once in this time.
        latency_warmup_seconds: Latency is not evidence before; fresh replicas are honestly slower.
        prior_spread: How much replicas differ before any has shown it: the standard deviation of
            their log odds, of errors and at each latency edge.
        prior_replicas: So many replicas' worth that counts beside what replicas show; each four
            that show it take one away.
        prior_phi: Least replica noise assumed while there are too few baseline replicas; 1 is none.
        noise_power: With three canary replicas or more log evidence is divided by phi to this power;
            1 is the most cautious, below 0.7 healthy canaries on bad nodes are rolled back.
        min_baseline_replicas: From this many on replica noise is called measured.
        error_clip_nats: Most evidence one interval of errors may give while there are at most two
            canary replicas; None lets a single burst convict.
        gauge_alpha: Accepted chance of a false warning of a gauge.
        promote_on_budget: Promote at the horizon although not everything was proven, unless the evidence
            leans against it.

    Raises:
        InvalidPolicy: A value cannot work; the message names what is allowed.
    """

    alpha: float = 0.01
    beta: float = 0.05
    left_out_alpha: float = 1.0 / 3.0
    error_margin: float = 1.5
    latency_margin: float = 1.2
    error_equivalence: float = 2.0
    latency_equivalence: float = 1.5
    tolerable_error_rate: float = 0.01
    error_floor: float = 0.0005
    soak_seconds: float = 300.0
    horizon_seconds: float = 3600.0
    min_canary_requests: int = 100
    stale_after_seconds: float = 120.0
    late_start_seconds: float = 120.0
    latency_warmup_seconds: float = 0.0
    prior_spread: float = 0.25
    prior_replicas: float = 4.0
    prior_phi: float = 1.0
    noise_power: float = 0.8
    min_baseline_replicas: int = 8
    error_clip_nats: float | None = 2.0
    gauge_alpha: float = 0.05
    promote_on_budget: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        for name in ("alpha", "beta", "left_out_alpha", "gauge_alpha", "tolerable_error_rate"):
            _require_share(name, getattr(self, name))
        for name in ("error_margin", "latency_margin", "prior_phi"):
            _require_at_least(name, getattr(self, name), 1.0)
        for name in ("error_floor", "soak_seconds", "min_canary_requests", *PRIORS):
            _require_at_least(name, getattr(self, name), 0.0)
        _require_at_least("latency_warmup_seconds", self.latency_warmup_seconds, 0.0)
        _require_at_least("noise_power", self.noise_power, 0.0)
        _require_at_least("min_baseline_replicas", self.min_baseline_replicas, 2)
        for name in ("error_equivalence", "latency_equivalence"):
            _require_above(name, getattr(self, name), 1.0)
        for name in ("horizon_seconds", "stale_after_seconds", "late_start_seconds"):
            _require_above(name, getattr(self, name), 0.0)
        if self.error_clip_nats is not None:
            _require_above("error_clip_nats", self.error_clip_nats, 0.0)

    @property
    def rollback_limit(self) -> float:
        """Odds at which the evidence convicts: one over alpha."""
        return 1.0 / self.alpha

    @property
    def left_out_limit(self) -> float:
        """Odds that the evidence must keep without any one canary replica."""
        return min(1.0 / self.left_out_alpha, self.rollback_limit)

    @property
    def late_starts(self) -> int:
        """How many late bets share their part of the stake; none is placed after the horizon."""
        return max(1, round(self.horizon_seconds / self.late_start_seconds))


def _require_share(name: str, value: float) -> None:
    if 0.0 < value < 1.0:
        return
    hint = f" Did you mean {value / 100:g}?" if 1.0 <= value < 100.0 else ""  # noqa: PLR2004
    msg = f"{name} must be a share between 0 and 1, not {value:g}.{hint}"
    raise InvalidPolicy(msg)


def _require_at_least(name: str, value: float, least: float) -> None:
    if isfinite(value) and value >= least:
        return
    msg = f"{name} must be at least {least:g}, not {value:g}."
    if name.endswith("_margin"):
        msg += f" It is an odds ratio: a tolerated rise of 20 % is written {name}=1.2."
    raise InvalidPolicy(msg)


def _require_above(name: str, value: float, bound: float) -> None:
    if not (isfinite(value) and value > bound):
        msg = f"{name} must be above {bound:g}, not {value:g}."
        raise InvalidPolicy(msg)
