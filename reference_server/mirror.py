"""Which requests another version answers as well, unseen by the client. No clock, no chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reference_server.errors import BadRequest
from reference_server.protocol import as_number

__all__ = ["OFF", "Mirror", "MirrorSetting", "read_mirror"]

FULL = 100.0
DEFAULT_TOLERANCE = 0.001
MOST_TOLERANCE = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSetting:
    """What is mirrored.

    Attributes:
        version: That answers as well; None where nothing is mirrored.
        percent: Of the requests that the weights give to another version.
        tolerance: Two numbers are the same when they differ by no more than ``tolerance * (1 + |a|)``.
    """

    version: str | None = None
    percent: float = 0.0
    tolerance: float = DEFAULT_TOLERANCE

    def as_json(self) -> dict[str, str | float | None]:
        """Return the fields by name."""
        return {"version": self.version, "percent": self.percent, "tolerance": self.tolerance}


OFF = MirrorSetting()


class Mirror:
    """The mirror of one model.

    At 5 % exactly every twentieth request is mirrored, as weights hold exactly.

    Attributes:
        setting: What is mirrored now.
    """

    def __init__(self) -> None:
        self.setting = OFF
        self._debt = 0.0

    def set(self, setting: MirrorSetting) -> None:
        """Mirror so from now on."""
        self.setting = setting

    def draw(self, weights: Mapping[str, float]) -> str | None:
        """Return the version that should answer the next request as well; None for no one.

        Args:
            weights: Of the versions. One that has users of its own is not given copies: they would
                stand in its users' queue.
        """
        version = self.setting.version
        if version is None or weights.get(version, 0.0) > 0.0:
            return None
        self._debt += self.setting.percent
        if self._debt < FULL:
            return None
        self._debt -= FULL
        return version

    def percent(self, version: str) -> float:
        """Return the percentage of requests that a version is given copies of."""
        return self.setting.percent if version == self.setting.version else 0.0


def read_mirror(asked: Mapping[str, Any], versions: Sequence[str]) -> MirrorSetting:
    """Check what a client asks to be mirrored.

    Args:
        asked: ``version``, ``percent``, and ``tolerance`` if it should be another.
        versions: All that are served.

    Raises:
        BadRequest: An unknown field, a version that is not served, or a number out of its range.
    """
    unknown = [name for name in asked if name not in ("version", "percent", "tolerance")]
    if unknown:
        msg = f"A mirror has no {unknown[0]!r}. It has version, percent and tolerance."
        raise BadRequest(msg)
    version = asked.get("version")
    if version not in versions:
        msg = f"No version {version!r} is served. Versions: {', '.join(versions)}."
        raise BadRequest(msg)
    return MirrorSetting(
        version=version,
        percent=_within("percent", asked.get("percent"), FULL),
        tolerance=_within("tolerance", asked.get("tolerance", DEFAULT_TOLERANCE), MOST_TOLERANCE),
    )


def _within(name: str, asked: object, most: float) -> float:
    value = as_number(asked)
    if value is None or not 0.0 <= value <= most:
        msg = f"{name} of a mirror must be a number from 0 to {most:g}, not {asked!r}."
        raise BadRequest(msg)
    return value
