import pytest

from controlplane.decide.lease import Held, claim


def held(holder: str = "a") -> Held:
    return Held(holder=holder, url="http://a", fencing=3, expires_at=60.0)


def test_the_first_one_leads() -> None:
    assert claim(None, now=0.0, gone=False).fencing == 1


@pytest.mark.parametrize(
    ("holder", "now", "gone", "fencing", "why"),
    [
        pytest.param("a", 59.9, False, None, "http://a leads", id="while it is held"),
        pytest.param("a", 60.0, False, 4, "not renewed", id="when it ran out"),
        pytest.param("a", 10.0, True, 4, "ended without", id="when its holder is gone"),
        pytest.param("", 10.0, False, 4, "let go", id="when it was let go"),
    ],
)
def test_it_is_taken(holder: str, now: float, *, gone: bool, fencing: int | None, why: str) -> None:
    found = claim(held(holder), now=now, gone=gone)
    assert found.fencing == fencing
    assert why in found.reason
