"""Durations and windows of OpenSLO."""

import re
from datetime import datetime, timedelta

from slo.errors import InvalidObjective, InvalidSpec, UnsupportedSpec
from slo.openslo.fields import Fields
from slo.time_window import MONTHS, UNIT_LENGTHS, CalendarWindow

__all__ = ["fixed_duration", "slice_length", "time_window"]

_DURATION = re.compile(r"([1-9][0-9]{0,5})([mhdwMQY])", re.ASCII)


def fixed_duration(owner: Fields, name: str) -> timedelta:
    """Return a duration that is always as long.

    Raises:
        InvalidSpec: It is none.
        UnsupportedSpec: It is in months, quarters or years.
    """
    count, unit = _parts(owner, name)
    if unit in MONTHS:
        msg = (
            f"{owner.place}.{name}: trimtab cannot do {count}{unit}, which is not always as long; "
            "write it in days."
        )
        raise UnsupportedSpec(msg)
    return count * UNIT_LENGTHS[unit]


def slice_length(objective: Fields) -> timedelta:
    """Return how long a slice is: a duration, or a number of minutes."""
    if objective.is_number("timeSliceWindow"):
        return timedelta(minutes=objective.number("timeSliceWindow"))
    return fixed_duration(objective, "timeSliceWindow")


def time_window(spec: Fields) -> timedelta | CalendarWindow:
    """Return the window of an SLO: how long it rolls, or how the calendar cuts it.

    Raises:
        InvalidSpec: It is none.
    """
    window = spec.only_item("timeWindow")
    if "isRolling" in window and window.flag("isRolling"):
        return fixed_duration(window, "duration")
    count, unit = _parts(window, "duration")
    calendar = window.fields("calendar")
    # The shape has been checked already: it is a time, written in full.
    start = datetime.strptime(calendar.text("startTime"), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 -- the zone stands beside it
    try:
        return CalendarWindow(count=count, unit=unit, start=start, zone=calendar.text("timeZone"))
    except InvalidObjective as error:
        msg = f"{calendar.place}: {error}"
        raise InvalidSpec(msg) from error


def _parts(owner: Fields, name: str) -> tuple[int, str]:
    text = owner.text(name)
    found = _DURATION.fullmatch(text)
    if found is None:
        msg = f"{owner.place}.{name} {text!r} is no duration. Write for example 30d, 4w or 6h."
        raise InvalidSpec(msg)
    return int(found[1]), found[2]
