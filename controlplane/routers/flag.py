"""Feature flags of our own: an application asks which version a key is given, and calls that one.

Nothing stands between users and servers. The weights are in our database, and served from memory.
"""

from collections.abc import Mapping

from controlplane.errors import RouterError
from controlplane.store.flags import FlagRecord, FlagStore
from probes.clock import Clock

__all__ = ["FlagRouter"]

MOST_VERSIONS = 8
"""Versions that are kept without a weight, so that one may go back to them."""


class FlagRouter:
    """Keeps the weights of one service's flag. Satisfies Router.

    Args:
        store: Where they outlive the process.
        service: Whose flag; the flag is called as the service is.
        first: The version that is given to all before any rollout.
        clock: Tells when they were set.

    Attributes:
        weights: Shares in per cent that are served now.
    """

    def __init__(self, store: FlagStore, service: str, *, first: str, clock: Clock) -> None:
        self._store = store
        self._service = service
        self._first = first
        self._clock = clock
        self.weights: Mapping[str, float] = self._saved().weights

    async def read_weights(self) -> dict[str, float]:
        """Return the shares as they are saved."""
        self.weights = self._saved().weights
        return dict(self.weights)

    async def set_weights(self, weights: Mapping[str, float], *, fencing: int = 0) -> None:
        """Save these shares, then serve them."""
        before = self._saved()
        kept = dict(weights)
        for version in before.weights:
            if len(kept) < len(weights) + MOST_VERSIONS:
                kept.setdefault(version, 0.0)
        record = FlagRecord(weights=kept, fencing=fencing or before.fencing)
        if not self._store.save(self._service, record, now=self._clock.now().timestamp()):
            msg = f"The flag of {self._service} was set by a control plane that leads since then."
            raise RouterError(msg)
        self.weights = kept

    async def close(self) -> None:
        """Nothing is open."""

    def _saved(self) -> FlagRecord:
        return self._store.get(self._service) or FlagRecord(weights={self._first: 100.0})
