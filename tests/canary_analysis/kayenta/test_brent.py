import pytest

from canary_analysis.kayenta.brent import find_zero


def test_the_search_finds_a_root_to_its_tolerance_and_at_an_end() -> None:
    assert find_zero(lambda x: x**3 - 2.0, 0.0, 3.0) == pytest.approx(2.0 ** (1 / 3), abs=1e-4)
    assert find_zero(lambda x: x, 0.0, 3.0) == 0.0
    assert find_zero(lambda x: x - 3.0, 0.0, 3.0) == 3.0
    step = find_zero(lambda x: -1.0 if x < 0.25 else 1.0, 0.0, 1.0)
    assert step == pytest.approx(0.25, abs=1e-4)
