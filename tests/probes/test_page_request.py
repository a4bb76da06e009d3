"""The bytes of a question."""

import ssl

import pytest

from probes.errors import InvalidAddress
from probes.page_request import page_request


def lines(url: str, **more) -> list[str]:
    return page_request(url, **more).question.decode().split("\r\n")


def test_a_question_is_worked_out_once():
    request = page_request("http://127.0.0.1:8002/metrics?x=1", names=["a_total", "b:c"], gzip=True)
    assert (request.host, request.port, request.tls) == ("127.0.0.1", 8002, None)
    first, host, accept, packing, agent, *rest = request.question.decode().split("\r\n")
    assert first == "GET /metrics?x=1&name%5B%5D=a_total&name%5B%5D=b%3Ac HTTP/1.1"
    assert host == "Host: 127.0.0.1:8002"
    assert accept.startswith("Accept: text/plain;version=0.0.4")
    assert (packing, agent, rest) == ("Accept-Encoding: gzip", "User-Agent: trimtab", ["", ""])


@pytest.mark.parametrize(
    ("url", "first", "host"),
    [
        ("http://example.test", "GET / HTTP/1.1", "Host: example.test:80"),
        ("https://example.test/a b", None, None),
        ("https://example.test/a%20b", "GET /a%20b HTTP/1.1", "Host: example.test:443"),
        ("http://[::1]:9/m", "GET /m HTTP/1.1", "Host: [::1]:9"),
        ("http://bücher.test/m", "GET /m HTTP/1.1", "Host: xn--bcher-kva.test:80"),
    ],
)
def test_addresses(url, first, host):
    if first is None:
        with pytest.raises(InvalidAddress):
            page_request(url)
        return
    assert lines(url)[:2] == [first, host]
    assert (page_request(url).tls is not None) is url.startswith("https")


@pytest.mark.parametrize(
    "url",
    [
        *("", "metrics", "ftp://x/", "http://", "http://x:99999/", "http://user:pw@x/"),
        *("http://x/\r\nHost: y", "http://x/\x7f", "http://[::1/", "file:///etc/passwd"),
    ],
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(InvalidAddress, match="no address of a page"):
        page_request(url)


def test_secrets_are_sent_and_not_shown():
    request = page_request("http://x/", headers={"Authorization": "Bearer s3cret"})
    assert b"Authorization: Bearer s3cret\r\n" in request.question
    assert "s3cret" not in repr(request)


def test_a_secret_with_a_line_break_cannot_smuggle_a_header():
    with pytest.raises(InvalidAddress, match="line breaks"):
        page_request("http://x/", headers={"Authorization": "a\r\nHost: y"})


def test_a_password_in_an_address_is_not_repeated():
    with pytest.raises(InvalidAddress) as refused:
        page_request("http://user:s3cret@x/")
    assert "s3cret" not in str(refused.value)


def test_the_way_to_speak_tls_is_taken():
    context = ssl.create_default_context()
    assert page_request("https://x/", tls=context).tls is context
