"""How many replicas a service should have, from the requests it holds."""

import math
from dataclasses import dataclass

__all__ = ["Demand", "ScalePolicy", "Wish", "wanted_replicas"]

TOLERANCE = 0.1
"""Keep the present size while demand is within this share of it, as the Kubernetes HPA does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalePolicy:
    """Limits and aim.

    Attributes:
        min_replicas: Never fewer.
        max_replicas: Never more.
        in_flight_per_replica: Requests that one replica should hold, queued ones included.
    """

    min_replicas: int = 1
    max_replicas: int = 1
    in_flight_per_replica: float = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What replicas hold.

    Attributes:
        in_flight: Mean of the requests in flight and in queue over the look-back.
        replicas: Replicas there are.
        silent: How many of them did not answer: they may be idle, and are more likely drowning.
    """

    in_flight: float
    replicas: int
    silent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Replicas wanted, or None when nothing is known, and why."""

    replicas: int | None
    reason: str


def wanted_replicas(policy: ScalePolicy, demand: Demand | None) -> Wish:
    """Return the size that holds the demand.

    No data is no reason to shrink: the wish is None then, and a scaler keeps what it has.

    >>> wanted_replicas(ScalePolicy(max_replicas=9), Demand(in_flight=17.0, replicas=2)).replicas
    5
    """
    if demand is None:
        return Wish(replicas=None, reason="no in-flight figures yet: keep the present size")
    exact = demand.in_flight / policy.in_flight_per_replica
    if demand.replicas and abs(exact / demand.replicas - 1.0) <= TOLERANCE:
        wanted, why = demand.replicas, "within 10 % of the present size"
    else:
        aim = policy.in_flight_per_replica
        wanted, why = math.ceil(exact), f"{demand.in_flight:.2f} in flight at {aim:g} a replica"
    if demand.silent and wanted < demand.replicas:
        wanted, why = (
            demand.replicas,
            f"{demand.silent} replicas do not answer: no reason to shrink",
        )
    held = min(max(wanted, policy.min_replicas), policy.max_replicas)
    if held != wanted:
        why += f"; {wanted} is outside {policy.min_replicas} to {policy.max_replicas}"
    return Wish(replicas=held, reason=why)
