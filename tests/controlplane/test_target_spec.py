"""What a target may be."""

import pytest
from pydantic import ValidationError

from controlplane.target_spec import parse_target

PLAIN = {"name": "a", "url": "http://x/metrics", "service": "s"}


def test_what_is_left_out_is_as_usual():
    target = parse_target(PLAIN)
    assert (target.interval, target.timeout, target.names, target.gzip) == (5.0, 2.0, "auto", False)
    assert target.limits.samples == 50_000


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"url": "http://me:pw@x/"}, "no login"),
        ({"url": "ftp://x/"}, "pattern"),
        ({"auth": {"bearer": "s3cret"}}, "pattern"),
        ({"auth": {"username": "me"}}, "either bearer, or username"),
        ({"auth": {"bearer": "env:A", "username": "me", "password": "env:B"}}, "either bearer"),
        ({"interval": "0s"}, "greater than or equal to 0.1"),
        ({"limits": {"samples": 0}}, "greater than or equal to 1"),
        ({"nme": "a"}, "unexpected"),
    ],
)
def test_what_cannot_be_is_refused(more, reason):
    with pytest.raises(ValidationError, match=reason):
        parse_target(PLAIN | more)


def test_an_address_after_the_host_may_hold_an_at_sign():
    assert parse_target(PLAIN | {"url": "http://x/a@b"}).url == "http://x/a@b"
