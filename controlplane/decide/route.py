"""What the replicas of a route are set to, and what they should be: weights, and what is mirrored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil

from controlplane.decide.rollout_state import Phase
from controlplane.decide.weights import Shift, wanted_weights

__all__ = [
    "ALONE",
    "Mirror",
    "RouteSeen",
    "RouteSetting",
    "WantedRoute",
    "batches",
    "taken_over",
    "wanted_route",
]

ALONE = ""
"""Name of the one replica of a router that has no replicas."""

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
    """What a router, or one replica of it, is set to.

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
    """What the replicas of a route should be set to.

    Attributes:
        settings: By replica, in the order in which they are set.
        reason: Why.
        at_once: How many may be away or changing at the same time; None where all may.
    """

    settings: Mapping[str, RouteSetting]
    reason: str
    at_once: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSeen:
    """What the replicas of a route are set to.

    Attributes:
        replicas: By name, in the order of the route; None for one that does not answer. A router that
            has no replicas is one of its own, called `ALONE`.
    """

    replicas: Mapping[str, RouteSetting | None]

    @property
    def away(self) -> tuple[str, ...]:
        """Names of those that do not answer."""
        return tuple(name for name, setting in self.replicas.items() if setting is None)

    @property
    def weights(self) -> dict[str, float]:
        """Shares in per cent by version, if requests are spread evenly over those that answer."""
        known = [setting.weights for setting in self.replicas.values() if setting is not None]
        versions = dict.fromkeys(version for weights in known for version in weights)
        return {v: sum(weights.get(v, 0.0) for weights in known) / len(known) for v in versions}

    @property
    def mirror(self) -> Mirror | None:
        """What is mirrored, by any of them; None where nothing is."""
        known = (setting.mirror for setting in self.replicas.values() if setting is not None)
        return next((mirror for mirror in known if mirror is not None), None)

    def is_as(self, wanted: WantedRoute) -> bool:
        """Whether every replica answers, and is set as it should be."""
        return not self.away and not self.due(wanted)

    def due(self, wanted: WantedRoute) -> tuple[str, ...]:
        """Return whom to set now: those that answer and are set otherwise, as many as may be at once."""
        other = tuple(
            name
            for name, setting in self.replicas.items()
            if setting is not None and not setting.is_as(wanted.settings[name])
        )
        if wanted.at_once is None:
            return other
        return other[: max(0, wanted.at_once - len(self.away))]

    def once_set(self, names: Sequence[str], wanted: WantedRoute) -> "RouteSeen":
        """Return what is seen when these replicas are set as they should be."""
        now = {name: wanted.settings[name] for name in names}
        return RouteSeen(replicas={**self.replicas, **now})


def wanted_route(
    *,
    stable: str,
    previous: str | None,
    shift: Shift | None,
    factors: Mapping[str, float],
    replicas: Sequence[str] = (ALONE,),
) -> WantedRoute:
    """Return what every replica should be set to: see `wanted_weights`.

    Copies are made while a rollout that mirrors is judged, and at no other time: whatever ends it
    also ends them. A rollout that takes over replica by replica gives each all or nothing, the first
    ones first, and goes forward only a few at once; back it goes everywhere at once.
    """
    weigh = partial(wanted_weights, stable=stable, previous=previous, factors=factors)
    weights = weigh(shift=shift)
    judged = shift is not None and shift.phase in (Phase.PROGRESSING, Phase.PAUSED)
    forward = judged or (shift is not None and shift.phase is Phase.PROMOTING)
    settings = dict.fromkeys(replicas, RouteSetting(weights=weights.by_version))
    if shift is None or not forward:
        return WantedRoute(settings=settings, reason=weights.reason)
    if judged and shift.tolerance is not None:
        mirror = Mirror(version=shift.canary, percent=shift.weight, tolerance=shift.tolerance)
        setting = RouteSetting(weights=weights.by_version, mirror=mirror)
        reason = f"{shift.weight:g} % are mirrored to {shift.canary}; {weights.reason}"
        return WantedRoute(settings=dict.fromkeys(replicas, setting), reason=reason)
    if shift.at_once is None:
        return WantedRoute(settings=settings, reason=weights.reason)
    taken = taken_over(replicas, shift.weight if judged else 100.0)
    for name in replicas:
        whole = weigh(shift=replace(shift, weight=100.0 if name in taken else 0.0))
        settings[name] = RouteSetting(weights=whole.by_version)
    reason = f"{len(taken)} of {len(replicas)} replicas serve {shift.canary}"
    return WantedRoute(settings=settings, reason=reason, at_once=shift.at_once)


def taken_over(replicas: Sequence[str], percent: float) -> tuple[str, ...]:
    """Return the replicas that serve the new version at a weight, the first ones first.

    >>> taken_over(["a", "b", "c"], 66.7)
    ('a', 'b')
    """
    return tuple(replicas[: round(percent / 100.0 * len(replicas))])


def batches(batch: str, replicas: int) -> tuple[float, ...]:
    """Return the weights in per cent after each batch but the last, which promotion takes.

    Args:
        batch: How many replicas at a time, ``2``, or which share of them, ``25%``.
        replicas: How many there are.

    >>> batches("1", 4), batches("50%", 4), batches("4", 4)
    ((25.0, 50.0, 75.0), (50.0,), ())
    """
    share = batch.removesuffix("%")
    size = ceil(float(share) / 100.0 * replicas) if share != batch else int(batch)
    return tuple(100.0 * done / replicas for done in range(size, replicas, size))
