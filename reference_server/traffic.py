"""Who gets the next request: versions with weights. No clock, no chance."""

import hashlib
from collections.abc import Mapping, Sequence

from reference_server.errors import BadRequest, Outdated
from reference_server.protocol import as_number

__all__ = ["Traffic", "newest_first", "read_fencing", "read_weights"]

FULL = 100.0
MAX_FENCING_DIGITS = 18


class Traffic:
    """The weights of one model's versions.

    Requests without a key follow smooth weighted round robin: of every 100 requests at 95 to 5,
    exactly 5 go to the second version, spread evenly. Requests with a key stay with their version
    for as long as the weights permit.

    Args:
        model: Its name; two models send the same key to different points.
        versions: All that are served. The first one gets everything at the start.

    Attributes:
        fencing: The highest number that weights were set under; 0 before any.
    """

    def __init__(self, model: str, versions: Sequence[str]) -> None:
        self._model = model
        self._order = newest_first(versions)
        self._debts: dict[str, float] = {}
        self.weights: dict[str, float] = {}
        self.fencing = 0
        self.set({versions[0]: FULL})

    def set(self, weights: Mapping[str, float], *, fencing: int = 0) -> None:
        """Use these weights from now on; a version that is not named gets nothing.

        Args:
            weights: Version -> weight, any scale.
            fencing: Grows with every change of who leads the controllers; 0 where only one asks.

        Raises:
            Outdated: Weights were set under a higher number.
        """
        self.admit(fencing)
        total = sum(weights.values())
        shares = {version: weights.get(version, 0.0) * FULL / total for version in self._order}
        self.weights = dict(sorted(shares.items(), key=lambda share: _natural(share[0])))
        self._debts = {version: 0.0 for version, share in self.weights.items() if share > 0.0}

    def admit(self, fencing: int) -> None:
        """Take note of the number that a change of the traffic is asked for under.

        Raises:
            Outdated: Something was changed under a higher number.
        """
        if fencing and fencing < self.fencing:
            msg = f"Fencing number {fencing} is outdated: weights were set under {self.fencing}."
            raise Outdated(msg)
        self.fencing = max(self.fencing, fencing)

    def weight(self, version: str) -> float:
        """Return the percentage of traffic that a version gets."""
        return self.weights[version]

    def choose(self, key: bytes | None = None) -> str:
        """Return the version that answers the next request.

        Args:
            key: What should stay together, such as a user; None where nothing need.
        """
        return self._by_turn() if key is None else self._by_point(self._point(key))

    def _by_turn(self) -> str:
        for version in self._debts:
            self._debts[version] += self.weights[version]
        chosen = max(self._debts, key=self._debts.__getitem__)
        self._debts[chosen] -= FULL
        return chosen

    def _by_point(self, point: float) -> str:
        """Newest versions lie at the low end, so a canary that grows keeps the keys it has."""
        end = 0.0
        carrying = [version for version in self._order if version in self._debts]
        for version in carrying[:-1]:
            end += self.weights[version]
            if point < end:
                return version
        return carrying[-1]

    def _point(self, key: bytes) -> float:
        """Hash a key to a point in [0, 100)."""
        name = self._model.encode()[:16]
        digest = hashlib.blake2b(key, digest_size=6, person=name).digest()
        return int.from_bytes(digest) * FULL / 2**48


def newest_first(versions: Sequence[str]) -> list[str]:
    """Sort versions as a person would, the newest first.

    >>> newest_first(["2", "10", "1"])
    ['10', '2', '1']
    """
    return sorted(versions, key=_natural, reverse=True)


def _natural(version: str) -> tuple[bool, int, str]:
    return not version.isdecimal(), int(version) if version.isdecimal() else 0, version


def read_fencing(asked: str | None) -> int:
    """Return the fencing number of a request; 0 where it names none.

    Raises:
        BadRequest: It is no whole number.
    """
    if asked is None:
        return 0
    if not (asked.isascii() and asked.isdecimal() and len(asked) <= MAX_FENCING_DIGITS):
        msg = f"X-Fencing-Number must be a whole number, 0 or more, not {asked[:40]!r}."
        raise BadRequest(msg)
    return int(asked)


def read_weights(asked: Mapping[str, object], versions: Sequence[str]) -> dict[str, float]:
    """Check weights that a client asks for.

    Args:
        asked: Version -> weight, any scale.
        versions: All that are served.

    Raises:
        BadRequest: A version that is not served, a weight that is none, or nothing but zeros.
    """
    unknown = [version for version in asked if version not in versions]
    if unknown:
        msg = f"No version {unknown[0]!r} is served. Versions: {', '.join(versions)}."
        raise BadRequest(msg)
    weights = {version: _weight(version, weight) for version, weight in asked.items()}
    total = sum(weights.values())
    if not 0.0 < total < float("inf"):
        msg = 'Weights must add up to more than 0, for example {"1": 95, "2": 5}.'
        raise BadRequest(msg)
    return weights


def _weight(version: str, asked: object) -> float:
    weight = as_number(asked)
    if weight is None or weight < 0.0:
        msg = f"The weight of version {version!r} must be a number, 0 or more, not {asked!r}."
        raise BadRequest(msg)
    return weight
