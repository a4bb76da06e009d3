import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.units import UNIT_SECONDS, parse_moment, parse_seconds, parse_share


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("250ms", 0.25, id="milliseconds"),
        pytest.param(" 5s ", 5.0, id="blanks around it are nothing"),
        pytest.param("1.5h", 5400.0, id="a fraction of an hour"),
        pytest.param("28d", 2_419_200.0, id="days"),
        pytest.param("1w", 604_800.0, id="a week"),
    ],
)
def test_a_duration_is_read_as_seconds(text: str, seconds: float) -> None:
    assert parse_seconds(text) == pytest.approx(seconds)


@given(st.integers(0, 10**6), st.sampled_from(sorted(UNIT_SECONDS)))
def test_every_whole_number_of_every_unit_is_a_duration(number: int, unit: str) -> None:
    assert parse_seconds(f"{number}{unit}") == pytest.approx(number * UNIT_SECONDS[unit])


@pytest.mark.parametrize("text", ["", "5", "5 s", "-5s", "5y", "1h30m", "\u0665s", "5S"])
def test_what_is_no_duration_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"write for example 250ms, 5s"):
        parse_seconds(text)


@pytest.mark.parametrize(
    ("value", "share"),
    [
        pytest.param("0.1%", 0.001, id="per cent"),
        pytest.param("50 %", 0.5, id="a blank before the sign"),
        pytest.param(0.25, 0.25, id="a share"),
        pytest.param(0, 0, id="nothing"),
        pytest.param(1, 1, id="everything"),
    ],
)
def test_a_share_is_read_from_per_cent_or_a_number(value: object, share: float) -> None:
    assert parse_share(value) == pytest.approx(share)


def test_a_percentage_without_its_sign_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(ValueError, match=r"Did you mean 5%\?"):
        parse_share(5)


def test_words_are_no_share() -> None:
    with pytest.raises(ValueError, match=r"0\.1% or 0\.001"):
        parse_share("half")


@pytest.mark.parametrize("value", [None, [], {"s": 5}])
def test_what_is_neither_text_nor_number_is_left_to_the_schema(value: object) -> None:
    assert parse_seconds(value) == value
    assert parse_share(value) == value


@pytest.mark.parametrize(
    "text", ["0", "1970-01-01T00:00:00Z", "1970-01-01", "1970-01-01T01:00+01:00"]
)
def test_a_moment_is_read_as_unix_seconds(text: str) -> None:
    assert parse_moment(text) == 0.0


@pytest.mark.parametrize("text", ["", "soon", "nan", "inf", "31.01.2026"])
def test_what_is_no_moment_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is no time; write Unix seconds or for example 2026-01-31"
    ):
        parse_moment(text)
