"""What can become of a scrape; each with a reason."""

from dataclasses import dataclass
from enum import StrEnum

from probes.exposition import Page

__all__ = ["Outcome", "Scrape", "ScrapeEnded"]


class Outcome(StrEnum):
    """What became of a scrape."""

    OK = "ok"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    TOO_LARGE = "too_large"
    BAD_STATUS = "bad_status"
    BAD_TYPE = "bad_type"
    UNREADABLE = "unreadable"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrape:
    """What became of a scrape: the page or None, and why; seconds it took, bytes it brought."""

    outcome: Outcome
    reason: str
    page: Page | None = None
    seconds: float = 0.0
    size: int = 0


class ScrapeEnded(Exception):
    """A scrape that ended without a page."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
