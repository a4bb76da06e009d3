"""Is a version ready? One bounded GET; 200 is yes, a timeout says nothing."""

import asyncio
import time

import aiohttp

from probes.answers import ProbeResult

__all__ = ["check_ready"]

OK_STATUS = 200


async def check_ready(session: aiohttp.ClientSession, url: str, *, deadline: float) -> ProbeResult:
    """Ask once.

    Args:
        session: From `http_session.make_session`.
        url: Readiness of the version itself: a server may be ready while its model is gone.
        deadline: Seconds for all of it.
    """
    begun, reached = time.monotonic(), True
    ok: bool | None
    try:
        async with asyncio.timeout(deadline), session.get(url, allow_redirects=False) as response:
            ok, reason = response.status == OK_STATUS, f"HTTP {response.status}"
    except TimeoutError:
        ok, reason = None, f"no answer within {deadline:g} s"
    except (aiohttp.ClientError, OSError) as error:
        reached, ok, reason = False, False, f"no connection: {type(error).__name__}"
    return ProbeResult(ok=ok, seconds=time.monotonic() - begun, reason=reason, reached=reached)
