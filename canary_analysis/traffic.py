"""What made-up traffic of one service looks like; made_up.py counts it tick by tick."""

from dataclasses import dataclass

import numpy as np

from canary_analysis.arrays import BoolArray

__all__ = ["EDGES", "Traffic"]

EDGES = (
    0.01, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.2, 0.25, 0.35, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0,
)  # fmt: skip
"""Bucket edges in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What a service looks like.

    Attributes:
        canary_replicas: Replicas of the canary.
        baseline_replicas: Replicas of the baseline.
        rate: Requests per second and replica.
        errors: Share of requests that fail.
        canary_errors: The same for the canary; None when it is no worse.
        slower: Factor on the canary's latencies.
        slower_tail: Factor on the slowest 3 % of them.
        latency_offsets: Lasting differences between replicas: sigma of a factor on latency.
        error_offsets: The same, of a factor on the error share.
        heavy_offsets: Whether these differences have Student's t tails with 2 degrees of freedom.
        wobble: Passing differences in latency, over two minutes: sigma.
        bursts_per_hour: Error bursts of a replica: 20 s of 20 times the errors.
        spells_per_hour: Noisy neighbours of a replica: 5 minutes 1.5 times slower, 3 times the errors.
        load_swing: Sigma of a load that all replicas share, in waves and at random.
        load_slows: How much latency follows load: its exponent.
        ramp: Whether the canary's share and the load rise in the course of the rehearsal.
        misrouted: Factor on the canary's requests.
        sick_replica: One canary replica is 3 times slower and fails 10 times as often.
        fresh_slower: Factor on latency of canary replicas that have just started.
        fresh_seconds: Time in which a fresh replica loses 63 % of that.
        lost_scrapes: Share of scrapes that fail; the next one of the replica counts for both.
        resets_per_hour: Counter resets of a replica; the interval is dropped.
        onset_seconds: When the canary turns bad.
        tick_seconds: Time between scrapes.
    """

    canary_replicas: int = 5
    baseline_replicas: int = 15
    rate: float = 10.0
    errors: float = 0.001
    canary_errors: float | None = None
    slower: float = 1.0
    slower_tail: float = 1.0
    latency_offsets: float = 0.0
    error_offsets: float = 0.0
    heavy_offsets: bool = False
    wobble: float = 0.0
    bursts_per_hour: float = 0.0
    spells_per_hour: float = 0.0
    load_swing: float = 0.0
    load_slows: float = 0.3
    ramp: bool = False
    misrouted: float = 1.0
    sick_replica: bool = False
    fresh_slower: float = 1.0
    fresh_seconds: float = 120.0
    lost_scrapes: float = 0.0
    resets_per_hour: float = 0.0
    onset_seconds: float = 0.0
    tick_seconds: float = 10.0

    @property
    def on_canary(self) -> BoolArray:
        """Which replicas are the canary's, shape (replicas, 1)."""
        return np.arange(self.canary_replicas + self.baseline_replicas)[:, None] < (
            self.canary_replicas
        )
