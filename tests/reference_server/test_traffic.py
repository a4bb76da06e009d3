"""Who gets the next request."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.errors import BadRequest
from reference_server.traffic import Traffic, read_weights

KEYS = [f"user-{number}".encode() for number in range(400)]


def at(weights: dict[str, float], versions: tuple[str, ...] = ("1", "2")) -> Traffic:
    traffic = Traffic("magika", versions)
    traffic.set(weights)
    return traffic


def test_the_first_version_gets_everything_at_the_start() -> None:
    assert Traffic("magika", ["1", "2"]).weights == {"1": 100.0, "2": 0.0}


def test_weights_of_any_scale_become_percentages() -> None:
    assert at({"1": 1, "2": 3}).weights == {"1": 25.0, "2": 75.0}


@given(canary=st.integers(0, 100))
def test_of_every_hundred_requests_exactly_the_weight_goes_to_a_version(canary: int) -> None:
    traffic = at({"1": 100 - canary, "2": canary})
    assert Counter(traffic.choose() for _ in range(100))["2"] == canary


def test_a_small_share_is_spread_evenly() -> None:
    traffic = at({"1": 95, "2": 5})
    turns = [number for number in range(200) if traffic.choose() == "2"]
    assert {later - earlier for earlier, later in pairwise(turns)} == {20}


@given(low=st.integers(0, 100), growth=st.integers(0, 100))
def test_a_canary_that_grows_keeps_its_keys(low: int, growth: int) -> None:
    high = min(100, low + growth)
    before, after = at({"1": 100 - low, "2": low}), at({"1": 100 - high, "2": high})
    kept = {key for key in KEYS if before.choose(key) == "2"}
    assert kept <= {key for key in KEYS if after.choose(key) == "2"}


def test_keys_follow_the_weights_about() -> None:
    traffic = at({"1": 50, "2": 30, "3": 20}, ("1", "2", "3"))
    keys = [str(number).encode() for number in range(5000)]
    found = Counter(map(traffic.choose, keys))
    assert found["1"] == pytest.approx(2500, abs=200)
    assert found["2"] == pytest.approx(1500, abs=200)


def test_a_key_lies_elsewhere_for_another_model() -> None:
    halves = {"1": 50.0, "2": 50.0}
    one, other = Traffic("one", ["1", "2"]), Traffic("other", ["1", "2"])
    one.set(halves)
    other.set(halves)
    assert [one.choose(key) for key in KEYS] != [other.choose(key) for key in KEYS]


def test_a_version_without_weight_gets_nothing() -> None:
    traffic = at({"2": 1})
    assert {traffic.choose() for _ in range(10)} == {traffic.choose(key) for key in KEYS} == {"2"}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        pytest.param({"9": 1}, "No version '9'", id="a version that is not served"),
        pytest.param({"1": -1}, "0 or more", id="a weight below zero"),
        pytest.param({"1": True}, "0 or more", id="a truth value"),
        pytest.param({"1": "5"}, "0 or more", id="a text"),
        pytest.param({"1": 0}, "more than 0", id="nothing but zeros"),
        pytest.param({}, "more than 0", id="nothing at all"),
        pytest.param({"1": 1e308, "2": 1e308}, "more than 0", id="a sum past all numbers"),
    ],
)
def test_weights_that_cannot_be_are_refused(asked: dict[str, object], says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        read_weights(asked, ["1", "2"])
