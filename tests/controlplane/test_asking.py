"""How each target is asked."""

from pathlib import Path

import pytest
import trustme

from controlplane.asking import Asking, limits_of
from controlplane.errors import InvalidConfig
from controlplane.target_spec import TargetSpec, parse_target
from probes.layout_cache import LayoutCache
from probes.page_filter import FilterState
from tests.fakes import ManualClock

WANTED = frozenset({"a_total"})
PAGE = b"a_total 1\nb 1\nc 1\n"


def target(**more) -> TargetSpec:
    return parse_target({"name": "a", "url": "http://x/metrics", "service": "s"} | more)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def asking(clock: ManualClock, tmp_path: Path) -> Asking:
    return Asking(clock, tmp_path)


def test_a_question_is_made_once(asking):
    assert asking.request(target(), WANTED) is asking.request(target(), WANTED)
    assert b"gzip" in asking.request(target(gzip=True), WANTED).question


def test_names_are_asked_for_once_a_page_was_seen(asking):
    page = LayoutCache().read("x", PAGE, wanted=WANTED)
    assert b"name%5B%5D" not in asking.request(target(), WANTED).question
    asking.learn(target(), page, WANTED)
    assert b"name%5B%5D=a_total" in asking.request(target(), WANTED).question
    asking.learn(target(), LayoutCache().read("x", b"a_total 1\n"), WANTED)
    assert asking.filter_of("a").state is FilterState.HONOURED
    asking.forget("a")
    assert asking.filter_of("a").state is FilterState.UNTRIED


@pytest.mark.parametrize(
    ("names", "wanted"),
    [("all", WANTED), ("auto", frozenset())],
    ids=["told not to", "all is used"],
)
def test_a_page_is_asked_for_whole_where_that_is_wanted(asking, names, wanted):
    asking.learn(target(names=names), LayoutCache().read("x", PAGE), wanted)
    assert b"name%5B%5D" not in asking.request(target(names=names), wanted).question


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ({"bearer": "env:TOKEN"}, b"Authorization: Bearer s3cret"),
        ({"username": "me", "password": "env:TOKEN"}, b"Authorization: Basic bWU6czNjcmV0"),
    ],
)
def test_logins_are_references_and_read_anew(asking, clock, monkeypatch, auth, header):
    monkeypatch.setenv("TOKEN", "s3cret")
    assert header in asking.request(target(auth=auth), WANTED).question
    monkeypatch.setenv("TOKEN", "rotated")
    assert header in asking.request(target(auth=auth), WANTED).question
    clock.elapsed += 61
    assert header not in asking.request(target(auth=auth), WANTED).question


def test_a_secret_that_is_not_there_is_told(asking):
    with pytest.raises(InvalidConfig, match="env:NO_SUCH"):
        asking.request(target(auth={"bearer": "env:NO_SUCH"}), WANTED)


def test_certificates_are_read_from_files_and_anew_when_they_change(asking, clock, tmp_path):
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    spec = target(url="https://x/", tls={"ca": "ca.pem", "server_name": "y"})
    before = asking.request(spec, WANTED)
    assert before.server_name == "y"
    clock.elapsed += 61
    assert asking.request(spec, WANTED).tls is before.tls
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    clock.elapsed += 61
    assert asking.request(spec, WANTED).tls is not before.tls


def test_a_certificate_that_is_not_there_is_told(asking):
    with pytest.raises(InvalidConfig, match=r"no\.pem"):
        asking.request(target(url="https://x/", tls={"ca": "no.pem"}), WANTED)


def test_limits_are_those_of_the_target():
    limits = limits_of(target(limits={"samples": 10, "labels": 3}))
    assert (limits.samples, limits.labels, limits.lines) == (10, 3, 40)
