"""Two answers held against each other."""

import numpy as np
import pytest

from reference_server.comparison import Likeness, compare

SCORES = np.array([[0.7, 0.2, 0.1]], dtype=np.float32)


@pytest.mark.parametrize(
    ("other", "likeness", "top"),
    [
        pytest.param(SCORES.copy(), Likeness.SAME, True, id="equal"),
        pytest.param(SCORES + np.float32(0.0005), Likeness.SAME, True, id="within"),
        pytest.param(SCORES + np.float32(0.1), Likeness.DIFFERENT, True, id="beyond"),
        pytest.param(SCORES[:, ::-1], Likeness.DIFFERENT, False, id="another class"),
        pytest.param(SCORES.astype(np.float64), Likeness.UNLIKE, None, id="datatype"),
        pytest.param(SCORES[:, :2], Likeness.UNLIKE, None, id="shape"),
        pytest.param(np.full_like(SCORES, np.nan), Likeness.DIFFERENT, True, id="not a number"),
    ],
)
def test_answers_are_held_against_each_other(
    other: np.ndarray, likeness: Likeness, *, top: bool | None
) -> None:
    found = compare({"scores": SCORES}, {"scores": other}, tolerance=0.001)
    assert (found.likeness, found.top_agrees) == (likeness, top)
    assert np.isfinite(found.largest)


def test_other_outputs_are_unlike() -> None:
    found = compare({"a": SCORES}, {"b": SCORES}, tolerance=1.0)
    assert found.likeness is Likeness.UNLIKE


def test_what_is_no_float_must_be_equal() -> None:
    one, other = {"label": np.array([3])}, {"label": np.array([4])}
    assert compare(one, one, tolerance=9.0).likeness is Likeness.SAME
    found = compare(one, other, tolerance=9.0)
    assert (found.likeness, found.largest, found.top_agrees) == (Likeness.DIFFERENT, 1.0, None)
    words = {"text": np.array(["a"], dtype=object)}
    assert compare(words, {"text": np.array(["b"], dtype=object)}, tolerance=9.0).largest == 0.0


def test_what_is_no_number_in_both_is_the_same_and_infinity_is_no_largest() -> None:
    odd = {"x": np.array([np.nan, np.inf, 1.0], dtype=np.float16)}
    found = compare(odd, odd, tolerance=0.0)
    assert (found.likeness, found.largest) == (Likeness.SAME, 0.0)
    other = {"x": np.array([np.nan, -np.inf, 1.5], dtype=np.float16)}
    assert compare(odd, other, tolerance=0.0).largest == 0.5


def test_an_empty_answer_is_like_itself() -> None:
    empty = {"x": np.zeros((0, 3), dtype=np.float32)}
    assert compare(empty, empty, tolerance=0.0).likeness is Likeness.SAME
