"""Durations, moments and shares as people write them."""

import re
from datetime import UTC, datetime
from math import isfinite
from typing import Annotated, Any

from pydantic import BeforeValidator

__all__ = ["Seconds", "Share", "parse_moment", "parse_seconds", "parse_share"]

UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w)", re.ASCII)
_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%", re.ASCII)


def parse_seconds(value: Any) -> Any:  # noqa: ANN401 -- pydantic hands over what the file holds
    """Read ``250ms``, ``5s``, ``1h`` or a plain number of seconds.

    >>> parse_seconds("1h"), parse_seconds("250ms"), parse_seconds(5)
    (3600.0, 0.25, 5)
    """
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value.strip())
    if found is None:
        msg = f"{value!r} is no duration; write for example 250ms, 5s, 10m, 1h or 28d"
        raise ValueError(msg)
    return float(found[1]) * UNIT_SECONDS[found[2]]


def parse_moment(text: str) -> float:
    """Read Unix seconds, or ISO 8601, which is UTC where it names no zone.

    Raises:
        ValueError: It is neither.

    >>> parse_moment("2026-01-31T00:00:00Z"), parse_moment("1769817600")
    (1769817600.0, 1769817600.0)
    """
    try:
        seconds = float(text)
    except ValueError:
        pass
    else:
        if isfinite(seconds):
            return seconds
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{text[:40]!r} is no time; write Unix seconds or for example 2026-01-31T00:00:00Z"
        raise ValueError(msg) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def parse_share(value: Any) -> Any:  # noqa: ANN401 -- as above
    """Read ``0.1%`` or a plain share in [0, 1].

    >>> parse_share("50%"), parse_share(0.5)
    (0.5, 0.5)
    """
    if isinstance(value, str):
        found = _PERCENT.fullmatch(value.strip())
        if found is None:
            msg = f"{value!r} is no share; write for example 0.1% or 0.001"
            raise ValueError(msg)
        return float(found[1]) / 100.0
    if isinstance(value, int | float) and not 0.0 <= value <= 1.0:
        msg = f"{value:g} is no share between 0 and 1. Did you mean {value:g}%?"
        raise ValueError(msg)
    return value


Seconds = Annotated[float, BeforeValidator(parse_seconds)]
"""Seconds as float; read from a duration such as ``5s``."""

Share = Annotated[float, BeforeValidator(parse_share)]
"""A share in [0, 1]; read from a percentage or a number."""
