"""Several replicas of one service, each with weights of its own, as one router."""

import asyncio
from collections.abc import Mapping

from controlplane.decide.route import RouteSeen, RouteSetting
from controlplane.routers import Router

__all__ = ["ReplicatedRouter"]


class ReplicatedRouter:
    """Gives every replica the same weights. Satisfies Router, Replicated.

    Args:
        replicas: A router of each, by name, in the order in which they are taken over.
    """

    def __init__(self, replicas: Mapping[str, Router]) -> None:
        self.replicas = replicas

    async def read_weights(self) -> dict[str, float]:
        """Return the shares over all replicas."""
        found = await asyncio.gather(*(each.read_weights() for each in self.replicas.values()))
        settings = (RouteSetting(weights=weights) for weights in found)
        return RouteSeen(replicas=dict(zip(self.replicas, settings, strict=True))).weights

    async def set_weights(self, weights: Mapping[str, float], *, fencing: int = 0) -> None:
        """Ask every replica for these shares."""
        asked = (each.set_weights(weights, fencing=fencing) for each in self.replicas.values())
        await asyncio.gather(*asked)

    async def close(self) -> None:
        """Close all of them."""
        await asyncio.gather(*(each.close() for each in self.replicas.values()))
