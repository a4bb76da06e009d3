"""What one key gained that became known late, or in a time before it was counted here: sums by moment."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from slo import PeriodGain

__all__ = ["PastSums"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PastSums:
    """Sums by moment.

    Attributes:
        times: Unix seconds, rising, shape (n,).
        sums: What was gained up to each of them, whole numbers, shape (n,).
    """

    times: Floats
    sums: Floats

    @classmethod
    def of_gains(cls, gains: Iterable[PeriodGain]) -> dict[str, "PastSums"]:
        """Return what gains add up to, by key."""
        by_key: dict[str, list[tuple[float, float]]] = {}
        for gain in gains:
            by_key.setdefault(gain.key, []).append((gain.at, gain.gained))
        found = {}
        for key, held in by_key.items():
            times, gained = np.array(sorted(held)).T
            found[key] = cls(times=times, sums=np.cumsum(gained))
        return found

    @property
    def since(self) -> float:
        """When it begins, Unix seconds."""
        return float(self.times[0])

    @property
    def whole(self) -> float:
        """Return what was gained in all of it."""
        return float(self.sums[-1])

    def before(self, moment: float) -> "PastSums":
        """Return the part up to a moment; where there is none, nothing that ends then."""
        last = int(np.searchsorted(self.times, moment, side="right"))
        if last == 0:
            return PastSums(times=np.array([moment]), sums=np.zeros(1))
        return PastSums(times=self.times[:last], sums=self.sums[:last])

    def at(self, moments: Floats) -> Floats:
        """Return the sums as of some moments: nothing before it begins, and all of it since its end."""
        places = np.searchsorted(self.times, moments, side="right") - 1
        found: Floats = np.where(places < 0, 0.0, self.sums[np.maximum(places, 0)])
        return found
