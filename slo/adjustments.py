"""What people take out of a budget, and when they began it anew: entries that are only ever added.

An exclusion takes the events of a time out of every number of an SLO: of a maintenance that is past,
that is to come, or that comes again and again by a rule of RFC 5545. A reset begins the budget anew;
burn rates go on. The counts themselves stay as they are, so every number can be shown without.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile

from dateutil.parser import parse
from dateutil.rrule import rrulestr

from slo.errors import InvalidSpec
from slo.time_window import Period

__all__ = ["Adjustments", "Exclusion", "Reset"]

TOO_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
TIMES_OF_DAY = {"BYHOUR", "BYMINUTE", "BYSECOND"}
WITHIN_YEARS = 5
MOST_TIMES = 10_000
LONGEST_RULE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A time that does not count.

    Attributes:
        start: When it begins, or first began, Unix seconds.
        end: When it ends, or first ended.
        rule: How it comes again: RFC 5545, for example ``FREQ=WEEKLY;BYDAY=TU``; once when empty.

    Raises:
        InvalidSpec: It ends before it begins, or the rule cannot be.
    """

    start: float
    end: float
    rule: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no time."""
        if not self.start < self.end:
            msg = "An exclusion must end after it begins."
            raise InvalidSpec(msg)
        if self.rule:
            self._check_rule()

    def spans(self, since: float, until: float) -> list[Period]:
        """Return the times of it that reach into a span."""
        length = self.end - self.start
        begins = _begins(self.start, self.rule, _moment(until).year) if self.rule else (self.start,)
        first, last = bisect_right(begins, since - length), bisect_left(begins, until)
        return [Period(start=begin, end=begin + length) for begin in begins[first:last]]

    def _check_rule(self) -> None:
        named = {part.partition("=")[0].strip() for part in self.rule.upper().split(";")}
        if len(self.rule) > LONGEST_RULE or any(often in self.rule.upper() for often in TOO_OFTEN):
            msg = f"rrule {self.rule!r:.80} comes too often; write DAILY, WEEKLY or rarer."
            raise InvalidSpec(msg)
        if "DTSTART" in self.rule.upper() or named & TIMES_OF_DAY or "\n" in self.rule:
            msg = "rrule is the rule alone; its start and its time of day are the exclusion's."
            raise InvalidSpec(msg)
        try:
            comes = _begins(self.start, self.rule, _moment(self.start).year + WITHIN_YEARS)
        except (ValueError, TypeError, KeyError, OverflowError, AttributeError) as error:
            msg = f"rrule {self.rule!r:.80} cannot be read: {error}. Write for example FREQ=WEEKLY;BYDAY=TU."
            raise InvalidSpec(msg) from error
        if not comes:
            msg = f"rrule {self.rule!r:.80} does not come within five years."
            raise InvalidSpec(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """The moment a budget was begun anew, Unix seconds."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustments:
    """All that is in force for one SLO."""

    exclusions: tuple[Exclusion, ...] = ()
    resets: tuple[Reset, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.exclusions or self.resets)

    def excluded(self, since: float, until: float) -> list[Period]:
        """Return what is taken out of a span: cut to it, in order, none over another.

        >>> out = Adjustments(exclusions=(Exclusion(start=5, end=20), Exclusion(start=15, end=30)))
        >>> out.excluded(10, 25)
        [Period(start=10, end=25)]
        """
        spans = (span for each in self.exclusions for span in each.spans(since, until))
        cut = sorted((max(since, span.start), min(until, span.end)) for span in spans)
        found: list[Period] = []
        for start, end in cut:
            if start >= end:
                continue
            if found and start <= found[-1].end:
                found[-1] = Period(start=found[-1].start, end=max(end, found[-1].end))
            else:
                found.append(Period(start=start, end=end))
        return found

    def begin(self, start: float, now: float) -> float:
        """Return from when a budget is reckoned: its window's start, or a reset since."""
        return max([start, *(reset.at for reset in self.resets if reset.at <= now)])


@lru_cache(maxsize=4096)
def _begins(start: float, rule: str, year: int) -> tuple[float, ...]:
    """Return when a rule comes, up to the end of a year.

    The ends that a rule sets itself are kept here: dateutil looks for one that never comes again as
    far as the year 9999, whatever end it is given.

    Raises:
        ValueError: It is no rule; so are the other errors that dateutil raises then.
    """
    begin, most, end = _moment(start), MOST_TIMES, datetime(year + 1, 1, 1, tzinfo=UTC)
    rrulestr(rule, dtstart=begin)
    endless = []
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name.strip().upper() == "COUNT":
            most = min(most, int(value))
        elif name.strip().upper() == "UNTIL":
            end = min(end, parse(value) + timedelta(microseconds=1))
        else:
            endless.append(part)
    coming = islice(rrulestr(";".join(endless), dtstart=begin), max(0, most))
    return tuple(each.timestamp() for each in takewhile(lambda each: each < end, coming))


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
