"""Which server is this, where its page says nothing yet: a fresh one has not counted anything.

A few well-known paths are asked, and the answers held against what each kind of server says there.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from probes.detection import Detected, hold_against
from probes.exposition import Page
from probes.server_profile import ApiSign, ServerProfile

__all__ = ["ApiAnswer", "recognise_by_api", "recognised"]

DEADLINE_SECONDS = 3.0
MOST_BYTES = 65_536
OK_STATUS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAnswer:
    """What one path answered; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: str


def recognised(
    profiles: Iterable[ServerProfile], answers: Mapping[str, ApiAnswer]
) -> tuple[tuple[ServerProfile, ApiSign], ...]:
    """Return the servers whose signs are among the answers, each with the sign that tells. Pure."""
    found = []
    for profile in profiles:
        sign = next((one for one in profile.api_signs if _shows(one, answers.get(one.path))), None)
        if sign is not None:
            found.append((profile, sign))
    return tuple(found)


async def recognise_by_api(
    session: aiohttp.ClientSession,
    url: str,
    profiles: Iterable[ServerProfile],
    *,
    page: Page | None = None,
) -> tuple[Detected, ...]:
    """Ask the server of a metrics page what it is.

    Args:
        session: From `http_session.make_session`.
        url: Of the page; paths are asked on the same host and port.
        profiles: Kinds of server.
        page: What its page says, if anything.
    """
    known = tuple(profiles)
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}"
    paths = sorted({sign.path for profile in known for sign in profile.api_signs})
    answers = await asyncio.gather(*(_ask(session, root + path) for path in paths))
    said = {path: answer for path, answer in zip(paths, answers, strict=True) if answer}
    pages = [] if page is None else [page]
    return tuple(
        hold_against(profile, pages, "likely", (f"GET {sign.path}",))
        for profile, sign in recognised(known, said)
    )


async def _ask(session: aiohttp.ClientSession, url: str) -> ApiAnswer | None:
    try:
        async with (
            asyncio.timeout(DEADLINE_SECONDS),
            session.get(url, allow_redirects=False) as response,
        ):
            body = await response.content.read(MOST_BYTES)
            headers = {name.lower(): value for name, value in response.headers.items()}
            text = body.decode(errors="replace")
            return ApiAnswer(status=response.status, headers=headers, body=text)
    except (TimeoutError, aiohttp.ClientError, OSError):
        return None


def _shows(sign: ApiSign, answer: ApiAnswer | None) -> bool:
    if answer is None or answer.status != OK_STATUS:
        return False
    body = "".join(answer.body.lower().split())
    if not all("".join(text.lower().split()) in body for text in sign.contains):
        return False
    name, _, text = sign.header.partition(":")
    return not name or text.strip().lower() in answer.headers.get(name.strip().lower(), "").lower()
