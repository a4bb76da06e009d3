"""Faults for drills: a version made slow, wrong, failing or fat on purpose."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from reference_server.datatypes import Array
from reference_server.errors import BadRequest
from reference_server.protocol import as_number

__all__ = ["FaultDesk", "FaultPlan", "Faults", "read_faults", "spoil"]

MAX_LATENCY_MS = 60_000.0
MAX_LEAK_BYTES = 16 * 1024**2
MAX_LEAKED_BYTES = 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What is wrong with one version.

    Attributes:
        latency_ms: Added to a request, in milliseconds, while it holds a worker.
        latency_share: Share of requests made slow, from 0 to 1.
        error_share: Share of requests answered 500.
        wrong_answer_share: Share of requests answered 200 with another output.
        leak_bytes_per_request: Memory kept for ever by each request, in bytes, up to 1 GiB in all.
    """

    latency_ms: float = 0.0
    latency_share: float = 1.0
    error_share: float = 0.0
    wrong_answer_share: float = 0.0
    leak_bytes_per_request: int = 0

    def as_json(self) -> dict[str, float]:
        """Return the fields by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """What befalls one request.

    Attributes:
        delay_seconds: How long a worker sleeps before it computes.
        fails: Whether the answer is an injected error.
        spoils: Whether the answer is a wrong one.
        leak_bytes: How much memory is lost.
        leak_into: Where it is lost.
    """

    delay_seconds: float
    fails: bool
    spoils: bool
    leak_bytes: int
    leak_into: list[bytes]

    def leak(self) -> None:
        """Lose memory: written to, so that it is really held."""
        if self.leak_bytes:
            self.leak_into.append(b"\x01" * self.leak_bytes)


LIMITS = {
    "latency_ms": MAX_LATENCY_MS,
    "latency_share": 1.0,
    "error_share": 1.0,
    "wrong_answer_share": 1.0,
    "leak_bytes_per_request": MAX_LEAK_BYTES,
}


def read_faults(asked: Mapping[str, Any]) -> Faults:
    """Check the faults that a client asks for; what it leaves out is no fault.

    Raises:
        BadRequest: An unknown field, or a value out of its range; the message names the range.
    """
    names = [field.name for field in fields(Faults)]
    unknown = [name for name in asked if name not in names]
    if unknown:
        msg = f"No fault is called {unknown[0]!r}. There are {', '.join(names)}."
        raise BadRequest(msg)
    values = {name: _within(name, value) for name, value in asked.items()}
    leak = int(values.pop("leak_bytes_per_request", 0))
    return Faults(**values, leak_bytes_per_request=leak)


def _within(name: str, asked: object) -> float:
    value = as_number(asked)
    if value is None or not 0.0 <= value <= LIMITS[name]:
        msg = f"{name} must be a number from 0 to {LIMITS[name]:g}, not {asked!r}."
        raise BadRequest(msg)
    return value


class FaultDesk:
    """The faults in force, for every version of every model.

    Args:
        rng: Decides which requests are hit; real errors come by chance.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._faults: dict[tuple[str, str], Faults] = {}
        self._leaks: dict[tuple[str, str], list[bytes]] = {}
        self._leaked: dict[tuple[str, str], int] = {}

    def get(self, model: str, version: str) -> Faults:
        """Return what is in force; a version that was left alone has no faults."""
        return self._faults.get((model, version), Faults())

    def set(self, model: str, version: str, faults: Faults) -> None:
        """Put faults in force, in place of those before."""
        self._faults[model, version] = faults

    def clear(self, model: str, version: str) -> None:
        """Heal a version, and give back the memory it lost."""
        for kept in (self._faults, self._leaks, self._leaked):
            kept.pop((model, version), None)

    def plan(self, model: str, version: str) -> FaultPlan | None:
        """Say what befalls the next request; None: nothing does."""
        faults = self._faults.get((model, version))
        if faults is None:
            return None
        slow, fails, spoils = self._rng.random(3)
        return FaultPlan(
            delay_seconds=faults.latency_ms / 1000.0 if slow < faults.latency_share else 0.0,
            fails=bool(fails < faults.error_share),
            spoils=bool(spoils < faults.wrong_answer_share),
            leak_bytes=self._grant((model, version), faults.leak_bytes_per_request),
            leak_into=self._leaks.setdefault((model, version), []),
        )

    def _grant(self, key: tuple[str, str], wanted: int) -> int:
        """Allow a leak while all leaks together stay within their limit."""
        if sum(self._leaked.values()) + wanted > MAX_LEAKED_BYTES:
            return 0
        self._leaked[key] = self._leaked.get(key, 0) + wanted
        return wanted


def spoil(output: Array) -> Array:
    """Return another answer of the same shape: values moved by one place along the last axis.

    Where that changes nothing, such as for a single value, it is made another value.
    """
    moved = np.roll(output, 1, axis=-1) if output.ndim > 1 else output
    if not np.array_equal(moved, output):
        return moved
    if output.dtype.kind == "O":
        return output + "?"
    return np.logical_not(output) if output.dtype.kind == "b" else output + output.dtype.type(1)
