"""Numbers and durations as Prometheus and Go write them."""

from datetime import timedelta

__all__ = ["duration_text", "length_text", "number_text"]

UNITS = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def duration_text(length: timedelta) -> str:
    """Return a duration in one unit where one does, as Prometheus prints it.

    >>> duration_text(timedelta(days=28)), duration_text(timedelta(minutes=90))
    ('4w', '1h30m')
    """
    seconds, text = round(length.total_seconds()), ""
    for unit, size in UNITS:
        # Weeks and days are only written where nothing is left: 30 days are not 4 weeks and 2.
        if seconds >= size and (unit not in "wd" or seconds % size == 0):
            text, seconds = f"{text}{seconds // size}{unit}", seconds % size
    return text or "0s"


def length_text(length: timedelta) -> str:
    """Return a length for people and labels; those that are no whole seconds are not rounded.

    >>> length_text(timedelta(hours=6)), length_text(timedelta(seconds=2.5))
    ('6h', '2.5s')
    """
    whole = length.microseconds == 0
    return duration_text(length) if whole else f"{number_text(length.total_seconds())}s"


def number_text(value: float) -> str:
    """Return the shortest text that is this very number.

    >>> number_text(6.0), number_text(2.8000000000000003)
    ('6', '2.8000000000000003')
    """
    text = repr(float(value))
    return text.removesuffix(".0")
