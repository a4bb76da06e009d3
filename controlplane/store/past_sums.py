"""What one key gained in a time before it was counted here: sums that rise from zero."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PastSums"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PastSums:
    """Sums by moment.

    Attributes:
        times: Unix seconds, rising, shape (n,); at the first, counting begins.
        sums: What was gained since the first, whole numbers, shape (n,).
    """

    times: Floats
    sums: Floats

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
