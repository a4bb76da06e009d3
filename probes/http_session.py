"""HTTP for the probes that ask a server other things than its metrics page."""

import socket

import aiohttp

__all__ = ["make_session"]


def make_session() -> aiohttp.ClientSession:
    """Return a session: kept-alive connections, no cookies, no proxies, no unpacking."""
    connector = aiohttp.TCPConnector(limit=0, limit_per_host=4, family=socket.AF_UNSPEC)
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        headers={"accept-encoding": "identity"},
    )
