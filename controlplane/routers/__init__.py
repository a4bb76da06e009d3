"""Systems that move traffic: one file per system, found by entry point.

Every router reads and sets weights. What only some can is a protocol of its own: a class that has its
verbs can do it.
"""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from controlplane.decide.route import ALONE, Mirror

__all__ = ["Mirroring", "Replicated", "Router", "replicas_of"]


class Router(Protocol):
    """Wanted state in, observed state out. Both verbs may be repeated at any time."""

    async def read_weights(self) -> dict[str, float]:
        """Return the share of traffic of each version, in per cent.

        Raises:
            RouterError: The system did not answer as it should.
        """
        ...

    async def set_weights(self, weights: Mapping[str, float], *, fencing: int = 0) -> None:
        """Ask for these shares, in per cent; a version that is not named gets none.

        Args:
            weights: Shares by version.
            fencing: Number of the lease that is acted under; it grows with every change of who leads.
                A system that can tell refuses a number below the highest it has seen; 0 is none.

        Raises:
            RouterError: The system refused or did not answer.
        """
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...


@runtime_checkable
class Mirroring(Protocol):
    """A router that can have another version answer copies of requests, unseen by users."""

    async def read_mirror(self) -> Mirror | None:
        """Return what is mirrored; None where nothing is.

        Raises:
            RouterError: The system did not answer as it should.
        """
        ...

    async def set_mirror(self, mirror: Mirror | None, *, fencing: int = 0) -> None:
        """Ask for this to be mirrored; None for nothing.

        Args:
            mirror: Which version, and which share.
            fencing: As of `Router.set_weights`.

        Raises:
            RouterError: The system refused or did not answer.
        """
        ...


@runtime_checkable
class Replicated(Protocol):
    """A router whose replicas can be set one by one."""

    @property
    def replicas(self) -> Mapping[str, Router]:
        """A router of each replica, by name, in the order in which they are taken over."""
        ...


def replicas_of(router: Router) -> Mapping[str, Router]:
    """Return a router of each replica; one that has none is its own, called `ALONE`."""
    return router.replicas if isinstance(router, Replicated) else {ALONE: router}
