import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.wording import age, escape, percent, times


@given(st.text())
def test_escaped_text_holds_every_character_and_marks_nothing_up(text: str) -> None:
    escaped = escape(text)
    plain, rest = "", escaped
    while rest:
        assert rest[0] not in "`*_{}[]()#+-.!|<>~$:"
        step = 2 if rest[0] == "\\" else 1
        plain, rest = plain + rest[step - 1], rest[step:]
    assert plain == text


@pytest.mark.parametrize(
    ("seconds", "worded"),
    [
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "120 min"),
        (7200, "2 h"),
        (259_199, "72 h"),
        (2_592_000, "30 d"),
    ],
)
def test_a_length_of_time_is_worded_in_its_unit(seconds: float, worded: str) -> None:
    assert age(seconds) == worded


def test_no_data_is_never_a_number() -> None:
    assert percent(None) == times(None) == "no data"
    assert (percent(0.0), times(0.0)) == ("0.0 %", "0.0x")
    assert percent(0.12345, digits=3) == "12.345 %"
