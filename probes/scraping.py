"""One bounded GET of a metrics page. Everything that can come back is an outcome with a reason."""

import ssl
import time

from probes.errors import UnreadableMetrics
from probes.exposition import LayoutCache, Limits
from probes.page_client import PageClient
from probes.page_request import PageRequest
from probes.scrape_outcome import Outcome, Scrape, ScrapeEnded

__all__ = ["scrape"]


async def scrape(
    client: PageClient,
    request: PageRequest,
    layouts: LayoutCache,
    *,
    deadline: float,
    body_limit: int,
    limits: Limits | None = None,
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
    """
    begun = time.monotonic()
    try:
        body = await client.fetch(request, deadline=deadline, limit=body_limit)
        text = body.whole()
        page = layouts.read(request.url, text, body.form, limits)
    except TimeoutError:
        outcome, reason = Outcome.TIMEOUT, f"no answer within {deadline:g} s"
    except ScrapeEnded as ended:
        outcome, reason = ended.outcome, str(ended)
    except ssl.SSLError as error:
        outcome, reason = Outcome.REFUSED, f"no TLS: {error.reason or error}"
    except OSError as error:
        outcome, reason = Outcome.REFUSED, f"no connection: {error.strerror or error}"
    except UnreadableMetrics as error:
        outcome, reason = Outcome.UNREADABLE, str(error)
    else:
        empty = not len(page.values)
        return Scrape(
            outcome=Outcome.EMPTY if empty else Outcome.OK,
            reason="the page has no samples" if empty else "ok",
            page=None if empty else page,
            seconds=time.monotonic() - begun,
            size=len(text),
        )
    return Scrape(outcome=outcome, reason=reason, seconds=time.monotonic() - begun)
