"""Durations and shares as people write them."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

__all__ = ["Seconds", "Share", "parse_seconds", "parse_share"]

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
