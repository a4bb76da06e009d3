"""Times and lengths as people write them on a command line."""

from datetime import UTC, datetime

from controlplane.errors import InvalidConfig
from controlplane.units import parse_seconds

__all__ = ["moment_of", "seconds_of"]


def seconds_of(text: str, option: str) -> float:
    """Return a length, for example 30d, in seconds.

    Args:
        text: As written.
        option: After which it was written, for the complaint.

    Raises:
        InvalidConfig: It is none, or no longer than nothing.
    """
    try:
        found = float(parse_seconds(text))
    except ValueError as error:
        msg = f"{option}: {error}."
        raise InvalidConfig(msg) from error
    if found <= 0.0:
        msg = f"{option} must be longer than nothing, not {text}."
        raise InvalidConfig(msg)
    return found


def moment_of(text: str) -> float:
    """Return a time that a person wrote, as Unix seconds.

    Raises:
        InvalidConfig: It is none.
    """
    try:
        return float(text)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{text!r} is no time. Write for example 2026-01-31T00:00:00Z."
        raise InvalidConfig(msg) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
