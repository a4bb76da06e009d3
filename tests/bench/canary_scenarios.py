"""Made-up services for the benchmark of canary analysis: 20 replicas, 50 canary requests a second."""

from dataclasses import replace

from canary_analysis.traffic import Traffic

LOAD = Traffic(load_swing=0.2)
PASSING = replace(LOAD, wobble=0.1, bursts_per_hour=2.0)
LASTING = replace(PASSING, latency_offsets=0.05, error_offsets=0.2)
"""Persistent differences of 5 % in latency and 20 % in errors: the noise of a usual fleet."""

ALIKE = {
    "iid": Traffic(),
    "load": LOAD,
    "rep0": PASSING,
    "rep": LASTING,
    "ramp": replace(LOAD, ramp=True),
    "drift": replace(LOAD, misrouted=0.9),
}
"""Canaries like their baseline, by kind of noise."""

TROUBLE = {
    "one sick canary replica": replace(LASTING, sick_replica=True),
    "Student-t offsets, 2 df": replace(LASTING, heavy_offsets=True),
    "noisy-neighbour spells": replace(LASTING, spells_per_hour=1.0),
}
"""Trouble that belongs to nodes, not to the version."""

CANARY_REPLICAS = {0.05: 1, 0.25: 5, 0.5: 10}
REPLICAS, CANARY_RATE = 20, 50.0


def at_share(traffic: Traffic, share: float, rate: float = CANARY_RATE) -> Traffic:
    """The same service with another share of canary replicas."""
    canary = CANARY_REPLICAS[share]
    return replace(
        traffic,
        canary_replicas=canary,
        baseline_replicas=REPLICAS - canary,
        rate=rate / canary,
    )
