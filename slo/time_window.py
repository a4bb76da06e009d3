"""Windows that end now, and windows that the calendar cuts: months, quarters, weeks of a zone.

A calendar window begins at a wall-clock moment of its zone. A day there has 23 to 25 hours, a month
28 to 31 days; nothing here takes a month for 30 days.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from slo.errors import InvalidObjective

__all__ = ["MONTHS", "UNIT_LENGTHS", "CalendarWindow", "Period"]

UNIT_LENGTHS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "M": timedelta(days=30),
    "Q": timedelta(days=90),
    "Y": timedelta(days=365),
}
"""The units of OpenSLO's durations; months, quarters and years are as long as usual."""

MONTHS = {"M": 1, "Q": 3, "Y": 12}
LONGEST = timedelta(days=365)
YEARS = range(1970, 2101)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A time from ``start`` on, before ``end``; Unix seconds."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Return its length."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarWindow:
    """A window that begins anew with each period of the calendar.

    Attributes:
        count: How many units one window has; 1 with ``M`` is a month.
        unit: ``m h d w M Q Y``: minutes, hours, days, weeks, months, quarters, years.
        start: Wall-clock moment that windows are counted from, without a zone.
        zone: IANA name of the zone whose clock it is.

    Raises:
        InvalidObjective: The unit or the zone is not known, or the start is
            odd, or the window is longer than a year.
    """

    count: int
    unit: str
    start: datetime
    zone: str

    def __post_init__(self) -> None:
        """Refuse what is no calendar."""
        if self.unit not in UNIT_LENGTHS or self.count < 1:
            msg = f"{self.count}{self.unit} is no calendar window. Write for example 1M, 1Q or 2w."
            raise InvalidObjective(msg)
        if self.count > LONGEST // UNIT_LENGTHS[self.unit]:
            msg = f"{self.count}{self.unit} is longer than a year; write at most 1Y, 4Q or 12M."
            raise InvalidObjective(msg)
        if self.start.year not in YEARS:
            msg = (
                f"A window counted from {self.start.year} is odd; write {YEARS[0]} to {YEARS[-1]}."
            )
            raise InvalidObjective(msg)
        if self.start.tzinfo is not None:
            msg = "A calendar window's start is wall-clock time; name the zone in timeZone."
            raise InvalidObjective(msg)
        try:
            ZoneInfo(self.zone)
        except (ValueError, OSError, KeyError):
            msg = f"{self.zone!r} is no time zone. Write an IANA name such as Europe/Berlin or UTC."
            raise InvalidObjective(msg) from None

    @property
    def nominal(self) -> timedelta:
        """Return its usual length, by which alert windows are scaled."""
        return self.count * UNIT_LENGTHS[self.unit]

    def at(self, now: float) -> Period:
        """Return the window that a moment lies in.

        >>> month = CalendarWindow(count=1, unit="M", start=datetime(2026, 1, 1), zone="Europe/Berlin")
        >>> month.at(datetime(2026, 3, 29, 12, tzinfo=UTC).timestamp()).seconds / 3600
        743.0
        """
        index = self._near(now)
        while self._edge(index) > now:
            index -= 1
        while self._edge(index + 1) <= now:
            index += 1
        return Period(start=self._edge(index), end=self._edge(index + 1))

    def _near(self, now: float) -> int:
        """Return an index no more than a few windows off."""
        return int((now - self._edge(0)) // self.nominal.total_seconds())

    def _edge(self, index: int) -> float:
        """Return when the window of an index begins, Unix seconds."""
        zone, months = ZoneInfo(self.zone), MONTHS.get(self.unit, 0) * self.count * index
        if self.unit in "mh":
            begin = self.start.replace(tzinfo=zone).astimezone(UTC)
            return (begin + index * self.nominal).timestamp()
        if not months:
            return _instant(self.start + index * self.nominal, zone)
        year, month = divmod(self.start.year * 12 + self.start.month - 1 + months, 12)
        day = min(self.start.day, _days_in(year, month + 1))
        return _instant(self.start.replace(year=year, month=month + 1, day=day), zone)


def _instant(wall: datetime, zone: ZoneInfo) -> float:
    """Return the moment of a wall-clock time; one that the clock skips is read as before the skip."""
    return wall.replace(tzinfo=zone).timestamp()


def _days_in(year: int, month: int) -> int:
    following = datetime(year + month // 12, month % 12 + 1, 1)  # noqa: DTZ001 -- a date's length
    return (following - timedelta(days=1)).day
