"""Which version a key is given, by weights: the same one for as long as the weights permit.

Weighted rendezvous hashing. For every version that has a weight, the key draws a number in (0, 1):

    u = (n + 0.5) / 2**64, n = the first 8 bytes of SHA-256(flag 0x00 version 0x00 key), big-endian, UTF-8

and the version with the largest ``weight / -ln(u)`` has it. So a version is given exactly its share of
all keys; raising a weight moves keys to that version and no other way, lowering it moves the same
keys back; and the next rollout is tried on other keys than the last.
"""

from collections.abc import Mapping
from hashlib import sha256
from math import log

__all__ = ["version_for"]

SPACE = 2.0**64


def version_for(flag: str, key: str, weights: Mapping[str, float]) -> str:
    """Return the version of a key.

    Args:
        flag: Its name: two flags send the same key to versions independently.
        key: What should stay with its version, such as a user.
        weights: Shares by version, at least one of them above 0.

    >>> version_for("resnet", "ada", {"1": 100.0, "2": 0.0})
    '1'
    """
    carrying = [version for version, weight in weights.items() if weight > 0.0]
    if len(carrying) == 1:
        return carrying[0]
    return max(carrying, key=lambda version: (_score(flag, version, key, weights), version))


def _score(flag: str, version: str, key: str, weights: Mapping[str, float]) -> float:
    digest = sha256(f"{flag}\0{version}\0{key}".encode("utf-8", "surrogatepass")).digest()
    drawn = (int.from_bytes(digest[:8]) + 0.5) / SPACE
    return weights[version] / -log(min(drawn, 1.0 - 2.0**-53))
