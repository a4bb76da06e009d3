"""One bounded GET of a metrics page. Everything that can come back is an outcome with a reason."""

import ssl
import time
from dataclasses import replace

from probes.errors import UnreadableMetrics
from probes.exposition import Limits
from probes.layout_cache import ALL, LayoutCache
from probes.page_client import Answer, PageClient
from probes.page_connection import Body
from probes.page_request import PageRequest
from probes.scrape_outcome import Outcome, Scrape, ScrapeEnded

__all__ = ["read_answer", "scrape"]


async def scrape(
    client: PageClient,
    request: PageRequest,
    layouts: LayoutCache,
    *,
    deadline: float,
    body_limit: int,
    limits: Limits | None = None,
    wanted: frozenset[str] = ALL,
) -> Scrape:
    """Read one page.

    A deadline that passes is a timeout and means "unknown": a busy server answers late.

    Args:
        client: Keeps the connections.
        request: The page; redirects are not followed.
        layouts: Layouts of pages read before.
        deadline: Seconds for all of it, so that a drip cannot hold on.
        body_limit: Most bytes of the page, unpacked.
        limits: Most lines, samples and labels; those of ``layouts`` when None.
        wanted: Names of the series to hand over; all when empty.
    """
    begun = time.monotonic()
    answer: Answer
    try:
        answer = await client.fetch(request, deadline=deadline, limit=body_limit)
    except (TimeoutError, ScrapeEnded, OSError) as error:
        answer = error
    found = read_answer(answer, request.url, layouts, limits=limits, wanted=wanted)
    return replace(found, seconds=time.monotonic() - begun)


def read_answer(
    answer: Answer,
    url: str,
    layouts: LayoutCache,
    *,
    limits: Limits | None = None,
    wanted: frozenset[str] = ALL,
) -> Scrape:
    """Return what became of a question: the page that was answered, or why there is none.

    Args:
        answer: Of `PageClient`.
        url: Which page it is.
        layouts: Layouts of pages read before.
        limits: Most lines, samples and labels; those of ``layouts`` when None.
        wanted: Names of the series to hand over; all when empty.
    """
    if not isinstance(answer, Body):
        return _failed(answer)
    try:
        text = answer.whole()
        page = layouts.read(url, text, answer.form, limits, wanted)
    except ScrapeEnded as ended:
        return _failed(ended)
    except UnreadableMetrics as error:
        return Scrape(outcome=Outcome.UNREADABLE, reason=str(error))
    if not len(page.values):
        return Scrape(outcome=Outcome.EMPTY, reason="the page has no samples", size=len(text))
    return Scrape(outcome=Outcome.OK, reason="ok", page=page, size=len(text))


def _failed(error: BaseException) -> Scrape:
    if isinstance(error, ScrapeEnded):
        return Scrape(outcome=error.outcome, reason=str(error))
    if isinstance(error, TimeoutError):
        return Scrape(outcome=Outcome.TIMEOUT, reason="no answer in time")
    if isinstance(error, ssl.SSLError):
        return Scrape(outcome=Outcome.REFUSED, reason=f"no TLS: {error.reason or error}")
    if isinstance(error, OSError):
        why = f"no connection: {error.strerror or error}"
        return Scrape(outcome=Outcome.REFUSED, reason=why)
    raise error
