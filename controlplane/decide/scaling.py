"""How many replicas a service should have, from the requests it holds and how busy its GPUs are."""

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
        gpu_utilization: Share of time in which GPUs should work; None to leave them out.
    """

    min_replicas: int = 1
    max_replicas: int = 1
    in_flight_per_replica: float = 4.0
    gpu_utilization: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What replicas hold.

    Attributes:
        in_flight: Mean of the requests in flight and in queue over the look-back; None when nobody
            says.
        replicas: Replicas there are.
        silent: How many of them did not answer: they may be idle, and are more likely drowning.
        gpu_utilization: Mean share of time in which their GPUs worked; None when nobody says.
    """

    in_flight: float | None
    replicas: int
    silent: int = 0
    gpu_utilization: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Replicas wanted, or None when nothing is known, and why."""

    replicas: int | None
    reason: str


def wanted_replicas(policy: ScalePolicy, demand: Demand | None) -> Wish:
    """Return the size that holds the demand: the larger one, where requests and GPUs disagree.

    No data is no reason to shrink: the wish is None then, and a scaler keeps what it has.

    >>> wanted_replicas(ScalePolicy(max_replicas=9), Demand(in_flight=17.0, replicas=2)).replicas
    5
    """
    if demand is None or (demand.in_flight is None and None in _gpus(policy, demand)):
        return Wish(replicas=None, reason="no in-flight figures yet: keep the present size")
    wanted, why = max(
        _by_requests(policy, demand), _by_gpus(policy, demand), key=lambda wish: wish[0]
    )
    if demand.silent and wanted < demand.replicas:
        wanted, why = (
            demand.replicas,
            f"{demand.silent} replicas do not answer: no reason to shrink",
        )
    held = min(max(wanted, policy.min_replicas), policy.max_replicas)
    if held != wanted:
        why += f"; {wanted} is outside {policy.min_replicas} to {policy.max_replicas}"
    return Wish(replicas=held, reason=why)


def _gpus(policy: ScalePolicy, demand: Demand) -> tuple[float | None, float | None]:
    return policy.gpu_utilization, demand.gpu_utilization


def _by_requests(policy: ScalePolicy, demand: Demand) -> tuple[int, str]:
    if demand.in_flight is None:
        return 0, "nobody says what is in flight"
    aim = policy.in_flight_per_replica
    why = f"{demand.in_flight:.2f} in flight at {aim:g} a replica"
    return _sized(demand.in_flight / aim, demand.replicas, why)


def _by_gpus(policy: ScalePolicy, demand: Demand) -> tuple[int, str]:
    aim, measured = _gpus(policy, demand)
    if aim is None:
        return 0, "GPUs are left out"
    if measured is None:
        return demand.replicas, "nobody says how busy the GPUs are: no reason to shrink"
    why = f"GPUs work {measured:.0%} of the time, {aim:.0%} is the aim"
    return _sized(demand.replicas * measured / aim, demand.replicas, why)


def _sized(exact: float, replicas: int, why: str) -> tuple[int, str]:
    """Round up, but for a demand that is nearly that of the present size."""
    if replicas and abs(exact / replicas - 1.0) <= TOLERANCE:
        return replicas, "within 10 % of the present size"
    return math.ceil(exact), why
