"""Where a person orders a circuit breaker. It writes; the rollout loop moves the traffic."""

from dataclasses import asdict

from controlplane.errors import NotFound
from controlplane.plane import Plane
from probes.breaker import Breaker, Event, order, weight_factor

__all__ = ["VERBS", "order_breaker"]

VERBS = {"open": Event.ORDERED_OPEN, "close": Event.ORDERED_OFF, "reset": Event.RELEASED}
"""Keep a version out of traffic, keep it in whatever happens, or give it back to the rules."""


def order_breaker(plane: Plane, service: str, version: str, verb: str, *, reason: str) -> Breaker:
    """Carry out a person's order, and write who gave it.

    Raises:
        NotFound: The service has no such breaker.
    """
    who = (service, version)
    if who not in plane.live.breakers:
        known = ", ".join("/".join(pair) for pair in sorted(plane.live.breakers)) or "none"
        msg = f"No breaker {service}/{version}."
        raise NotFound(msg, hint=f"breakers: {known}")
    now = plane.now()
    ordered = order(plane.live.breakers[who], VERBS[verb], who="a person", now=now)
    subject = f"breaker/{service}/{version}"
    with plane.engine.begin() as connection:
        plane.services.save_breaker(
            connection, service=service, version=version, state=asdict(ordered), now=now
        )
        text = f"{verb} ordered" + (f": {reason}" if reason else "")
        plane.trail.tell(connection, now=now, kind=f"breaker.{verb}", subject=subject, text=text)
        plane.trail.write(
            connection,
            now=now,
            actor="api",
            verb=f"breaker.{verb}",
            subject=subject,
            detail={"reason": reason},
        )
    plane.live.breakers[who] = ordered
    policy = plane.breaker_policy(service)
    plane.live.factors[who] = weight_factor(ordered, policy)
    return ordered
