"""What is asked of one target: its address and the bytes of the question, worked out once."""

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urlsplit

from probes.errors import InvalidAddress

__all__ = ["PageRequest", "check_address", "page_request"]

ACCEPT = (
    "text/plain;version=0.0.4;q=1,text/plain;version=1.0.0;q=0.9,"
    "application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1"
)
AGENT = "trimtab"
PORTS = {"http": 80, "https": 443}
NAME_PARAMETER = "name%5B%5D="


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """One question.

    Attributes:
        url: The page, without secrets.
        host: Where to connect.
        port: There.
        tls: How to speak TLS; None for plain HTTP.
        server_name: Name to expect in the certificate; ``host`` when None.
        question: The bytes to send; they may hold secrets, so they are not shown.
    """

    url: str
    host: str
    port: int
    tls: ssl.SSLContext | None = None
    server_name: str | None = None
    question: bytes = field(repr=False)


def page_request(
    url: str,
    *,
    names: Iterable[str] = (),
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    gzip: bool = False,
) -> PageRequest:
    """Return the question for a page.

    Args:
        url: Of the page, http or https.
        names: Sample names to ask for with ``name[]``; all when empty.
        headers: More headers, such as authorization.
        tls: For https: which authorities to trust, and who we are.
        gzip: Whether to ask for a packed page: it saves bytes and costs both sides time.

    Raises:
        InvalidAddress: It is no address of a page.
    """
    parts, name, port = _read_address(url)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = "&".join(
        [*([parts.query] if parts.query else []), *(NAME_PARAMETER + quote(n) for n in names)]
    )
    lines = [
        f"GET {path}{'?' if query else ''}{quote(query, safe='%&=+,:;/?@!$()*~-._[]')} HTTP/1.1",
        f"Host: {f'[{name}]' if ':' in name else name}:{port}",
        f"Accept: {ACCEPT}",
        f"Accept-Encoding: {'gzip' if gzip else 'identity'}",
        f"User-Agent: {AGENT}",
        *(f"{key}: {_one_line(value)}" for key, value in (headers or {}).items()),
    ]
    context = None if parts.scheme == "http" else tls or ssl.create_default_context()
    question = ("\r\n".join(lines) + "\r\n\r\n").encode()
    return PageRequest(url=url, host=name, port=port, tls=context, question=question)


def check_address(url: str) -> None:
    """Refuse what is no address of a page.

    Raises:
        InvalidAddress: The message says what an address looks like.
    """
    _read_address(url)


def _read_address(url: str) -> tuple[SplitResult, str, int]:
    """Return the parts of an address, its host as the DNS writes it, and its port."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
        host = parts.hostname or ""
        name = host.encode("idna").decode() if not host.isascii() else host
    except (ValueError, KeyError) as error:
        msg = f"{_shown(url)!r} is no address of a page. Write http://host:port/metrics."
        raise InvalidAddress(msg) from error
    if not host or parts.username or any(sign <= " " or sign == "\x7f" for sign in url):
        msg = f"{_shown(url)!r} is no address of a page: it needs a host and may hold no login."
        raise InvalidAddress(msg)
    return parts, name, port


def _one_line(value: str) -> str:
    if any(sign < " " and sign != "\t" for sign in value):
        msg = "A header that is sent to a target may not hold line breaks. Is the secret whole?"
        raise InvalidAddress(msg)
    return value


def _shown(url: str) -> str:
    """Return the address without what may be a password."""
    return url.rpartition("@")[2] if "@" in url else url
