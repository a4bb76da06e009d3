"""What a router is set to, and what it should be set to: weights, and what is mirrored."""

from collections.abc import Mapping
from dataclasses import dataclass

from controlplane.decide.rollout_state import Phase
from controlplane.decide.weights import Shift, wanted_weights

__all__ = ["Mirror", "RouteSetting", "WantedRoute", "wanted_route"]

CLOSE_ENOUGH = 0.01
"""Per cent by which a reported weight may differ from the wanted one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A share of the requests that another version answers as well, unseen by users.

    Attributes:
        version: That is given the copies.
        percent: Of the requests.
        tolerance: Numbers in two answers are the same within ``tolerance * (1 + |live|)``.
    """

    version: str
    percent: float
    tolerance: float

    def is_as(self, other: "Mirror | None") -> bool:
        """Whether two mirrors are one, as exactly as routers report them."""
        return (
            other is not None
            and self.version == other.version
            and abs(self.percent - other.percent) <= CLOSE_ENOUGH
            and abs(self.tolerance - other.tolerance) <= 1e-9 * (1.0 + self.tolerance)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSetting:
    """What a router is set to.

    Attributes:
        weights: Shares in per cent by version.
        mirror: What is mirrored; None where nothing is, or the router cannot.
    """

    weights: Mapping[str, float]
    mirror: Mirror | None = None

    def weighs_as(self, wanted: "RouteSetting") -> bool:
        """Whether every version has the weight that is wanted; one that is not named wants none."""
        versions = self.weights.keys() | wanted.weights.keys()
        return all(
            abs(self.weights.get(v, 0.0) - wanted.weights.get(v, 0.0)) <= CLOSE_ENOUGH
            for v in versions
        )

    def mirrors_as(self, wanted: "RouteSetting") -> bool:
        """Whether what is mirrored is what is wanted."""
        if self.mirror is None:
            return wanted.mirror is None
        return self.mirror.is_as(wanted.mirror)

    def is_as(self, wanted: "RouteSetting") -> bool:
        """Whether nothing has to be set."""
        return self.weighs_as(wanted) and self.mirrors_as(wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRoute:
    """What a router should be set to, and why."""

    setting: RouteSetting
    reason: str


def wanted_route(
    *,
    stable: str,
    previous: str | None,
    shift: Shift | None,
    factors: Mapping[str, float],
) -> WantedRoute:
    """Return what a router should be set to: see `wanted_weights`.

    Copies are made while a rollout that mirrors is judged, and at no other time: whatever ends it
    also ends them.
    """
    weights = wanted_weights(stable=stable, previous=previous, shift=shift, factors=factors)
    mirror, reason = None, weights.reason
    judged = shift is not None and shift.phase in (Phase.PROGRESSING, Phase.PAUSED)
    if shift is not None and shift.tolerance is not None and judged:
        mirror = Mirror(version=shift.canary, percent=shift.weight, tolerance=shift.tolerance)
        reason = f"{shift.weight:g} % are mirrored to {shift.canary}; {reason}"
    return WantedRoute(
        setting=RouteSetting(weights=weights.by_version, mirror=mirror), reason=reason
    )
