"""Windows that the calendar cuts, against wall clocks read one by one."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import CalendarWindow, InvalidObjective

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
# In quarters of a second: a wall clock of whole microseconds reads them as they are.
MOMENTS = st.integers(
    min_value=4 * int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()),
    max_value=4 * int(datetime(2040, 1, 1, tzinfo=UTC).timestamp()),
).map(lambda quarters: quarters / 4)
FIRST = datetime(2026, 1, 1)


def window(text: str, *, zone: str = "UTC", start: datetime = FIRST) -> CalendarWindow:
    return CalendarWindow(count=int(text[:-1]), unit=text[-1], start=start, zone=zone)


def begins(unit: str, wall: datetime) -> datetime:
    """Return where a unit of the calendar begins, as a person reads it off a wall calendar."""
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    month = {"M": midnight.month, "Q": (midnight.month - 1) // 3 * 3 + 1, "Y": 1}
    if unit in month:
        return midnight.replace(month=month[unit], day=1)
    return midnight if unit == "d" else midnight - timedelta(days=midnight.weekday())


@given(now=MOMENTS, zone=st.sampled_from(ZONES), unit=st.sampled_from("dwMQY"))
def test_a_period_begins_where_the_wall_calendar_says(now: float, zone: str, unit: str) -> None:
    start = datetime(2026, 1, 5) if unit == "w" else FIRST
    found = window(f"1{unit}", zone=zone, start=start).at(now)
    wall = datetime.fromtimestamp(now, ZoneInfo(zone)).replace(tzinfo=None)
    expected = begins(unit, wall).replace(tzinfo=ZoneInfo(zone))
    assert found.start == expected.timestamp()
    assert found.start <= now < found.end


@given(now=MOMENTS, zone=st.sampled_from(ZONES), text=st.sampled_from(["1h", "7d", "2w", "5M"]))
def test_periods_follow_each_other_without_a_gap(now: float, zone: str, text: str) -> None:
    calendar = window(text, zone=zone, start=datetime(2026, 1, 31, 2, 30))
    found = calendar.at(now)
    assert calendar.at(found.end).start == found.end
    assert calendar.at(found.start - 1).end == found.start


@pytest.mark.parametrize(
    ("moment", "zone", "hours"),
    [
        pytest.param("2026-03-29T12", "Europe/Berlin", 23, id="a day loses an hour"),
        pytest.param("2026-10-25T12", "Europe/Berlin", 25, id="a day gains an hour"),
        pytest.param("2026-11-01T12", "America/New_York", 25, id="elsewhere on another day"),
        pytest.param("2026-10-04T12", "Australia/Lord_Howe", 23.5, id="half an hour too"),
        pytest.param("2026-06-10T12", "Europe/Berlin", 24, id="most days have 24"),
    ],
)
def test_a_day_has_as_many_hours_as_its_zone_says(moment: str, zone: str, hours: float) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone)).timestamp()
    assert window("1d", zone=zone).at(now).seconds == hours * 3600


def test_the_31st_is_the_last_day_of_shorter_months() -> None:
    calendar = window("1M", start=datetime(2026, 1, 31))
    found = calendar.at(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
    assert datetime.fromtimestamp(found.start, UTC) == datetime(2026, 2, 28, tzinfo=UTC)
    assert datetime.fromtimestamp(found.end, UTC) == datetime(2026, 3, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "start", "advice"),
    [
        ("0M", "UTC", FIRST, "0M is no calendar window"),
        ("1s", "UTC", FIRST, "Write for example 1M"),
        ("5Q", "UTC", FIRST, "longer than a year"),
        ("9999999m", "UTC", FIRST, "9999999m is longer than a year"),
        ("1M", "Mars/Olympus", FIRST, "is no time zone"),
        ("1M", "../etc/passwd", FIRST, "is no time zone"),
        ("1M", "UTC", datetime(1, 1, 1), "counted from 1 is odd"),
        ("1M", "UTC", datetime(2026, 1, 1, tzinfo=UTC), "name the zone in timeZone"),
    ],
)
def test_what_is_no_calendar_is_refused(text: str, zone: str, start: datetime, advice: str) -> None:
    with pytest.raises(InvalidObjective, match=advice):
        window(text, zone=zone, start=start)
