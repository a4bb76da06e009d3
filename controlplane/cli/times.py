"""Times and lengths as people write them on a command line."""

from controlplane.errors import InvalidConfig
from controlplane.units import parse_moment, parse_seconds

__all__ = ["moment_of", "seconds_of", "span_of"]


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
        return parse_moment(text)
    except ValueError as error:
        msg = f"{error}."
        raise InvalidConfig(msg) from error


def span_of(text: str, option: str) -> tuple[float, float]:
    """Return from when to when START/END is, in Unix seconds.

    Args:
        text: As written.
        option: After which it was written, for the complaint.

    Raises:
        InvalidConfig: It is none, or ends before it begins.
    """
    start, slash, end = text.partition("/")
    if not slash:
        msg = f"{option} must be START/END, not {text!r}."
        raise InvalidConfig(msg)
    found = moment_of(start), moment_of(end)
    if found[0] >= found[1]:
        msg = f"{option} {text} ends before it begins."
        raise InvalidConfig(msg)
    return found
