"""What people take out of a budget, and when they began it anew: entries that are only ever added.

An exclusion takes the events of a time out of every number of an SLO: of a maintenance that is past,
that is to come, or that comes again and again by a rule of RFC 5545. A reset begins the budget anew;
burn rates go on. The counts themselves stay as they are, so every number can be shown without.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from dateutil.rrule import rrule, rrulestr

from slo.errors import InvalidSpec
from slo.time_window import Period

__all__ = ["Adjustments", "Exclusion", "Reset"]

TOO_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
YEARS_SECONDS = 5 * 366 * 86_400.0
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
        if not self.rule:
            inside = self.start < until and self.end > since
            return [Period(start=self.start, end=self.end)] if inside else []
        length, found = self.end - self.start, []
        rule = self._rule(until)
        for begin in rule.between(_moment(since - length), _moment(until), inc=True):
            found.append(Period(start=begin.timestamp(), end=begin.timestamp() + length))
            if len(found) == MOST_TIMES:
                break
        return found

    def _check_rule(self) -> None:
        parts = self.rule.upper()
        if len(self.rule) > LONGEST_RULE or any(often in parts for often in TOO_OFTEN):
            msg = f"rrule {self.rule!r:.80} comes too often; write DAILY, WEEKLY or rarer."
            raise InvalidSpec(msg)
        if "DTSTART" in parts or "\n" in self.rule:
            msg = "rrule is the rule alone; its start is the exclusion's."
            raise InvalidSpec(msg)
        try:
            comes = next(iter(self._rule(self.start + YEARS_SECONDS)), None)
        except (ValueError, TypeError, KeyError, OverflowError, AttributeError) as error:
            msg = f"rrule {self.rule!r:.80} cannot be read: {error}. Write for example FREQ=WEEKLY;BYDAY=TU."
            raise InvalidSpec(msg) from error
        if comes is None:
            msg = f"rrule {self.rule!r:.80} does not come within five years."
            raise InvalidSpec(msg)

    def _rule(self, until: float) -> rrule:
        """Return the rule, which ends with what is asked for: one that never comes would not."""
        rule: rrule = rrulestr(self.rule, dtstart=_moment(self.start))
        return rule if "UNTIL" in self.rule.upper() else rule.replace(until=_moment(until))


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


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
