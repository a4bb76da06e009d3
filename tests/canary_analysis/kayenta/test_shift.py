import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, norm

from canary_analysis.kayenta import AllTied, shift_of
from canary_analysis.kayenta.shift import standard_score


def test_the_figures_of_issue_6278_come_out_to_their_digits() -> None:
    found = shift_of(np.array([100.0] * 7 + [1.0] * 3), np.ones(10), confidence=0.98)
    assert f"{found.low:.5e}" == "6.82502e-05"
    assert found.high == 99.0
    assert f"{found.estimate:.5f}" == "98.99993"


def spread(counts):
    return np.repeat(list(counts), list(counts.values())).astype(float)


R_CANARY = {1.5: 9, 2: 16, 2.5: 22, 3: 17, 3.5: 9, 4: 5, 4.5: 1, 5: 3, 5.5: 1, 6: 2, 6.5: 2, 7: 1,
            7.5: 1, 16.5: 1}  # fmt: skip
R_BASELINE = {1.5: 2, 2: 16, 2.5: 18, 3: 16, 3.5: 10, 4: 8, 4.5: 4, 5: 6, 5.5: 2, 6: 5, 8: 1, 15.5: 1,
              54.5: 1}  # fmt: skip
R_LARGE_CANARY = {.5: 20, 1: 41, 1.5: 67, 2: 37, 2.5: 3, 3: 2, 3.5: 3, 4: 1, 5: 1, 5.5: 3, 8.5: 1,
                  19: 1}  # fmt: skip
R_LARGE_BASELINE = {0: 1, .5: 7, 1: 32, 1.5: 70, 2: 33, 2.5: 22, 3: 6, 3.5: 2, 4: 3, 4.5: 1, 5.5: 1,
                    7: 1, 7.5: 1}  # fmt: skip


@pytest.mark.parametrize(
    ("canary", "baseline", "confidence", "low", "high", "estimate"),
    [
        ({10: 1, 20: 1, 30: 1, 40: 1}, {1: 1, 2: 1, 3: 1, 4: 1}, 0.95, 6.0, 39.0, 22.5),
        (R_CANARY, R_BASELINE, 0.95, -0.500002521696696, -3.486287505871302e-5, -0.4999393907180323),
        (R_LARGE_CANARY, R_LARGE_BASELINE, 0.98, -0.4999173250549087, -6.912685789769486e-6,
         -3.45044082729315e-5),
    ],
)  # fmt: skip
def test_the_interval_is_that_of_r(canary, baseline, confidence, low, high, estimate) -> None:  # noqa: PLR0917 -- a table
    found = shift_of(spread(canary), spread(baseline), confidence=confidence)
    assert found.low == pytest.approx(low, abs=1e-6)
    assert found.high == pytest.approx(high, abs=1e-6)
    assert found.estimate == pytest.approx(estimate, abs=1e-4)


samples = st.lists(st.integers(-20, 20).map(lambda n: n / 4), min_size=2, max_size=12)


@given(samples, samples, st.integers(-8, 8).map(lambda n: n / 8))
def test_the_score_is_scipys(canary, baseline, shift) -> None:
    moved, still = np.array(canary) - shift, np.sort(np.array(baseline))
    if len(np.unique(np.concatenate([moved, still]))) == 1:
        with pytest.raises(AllTied):
            standard_score(np.array(canary), still, shift)
        return
    got = standard_score(np.array(canary), still, shift)
    u = mannwhitneyu(moved, still, method="asymptotic", alternative="two-sided")
    centred = u.statistic - len(moved) * len(still) / 2
    if centred == 0.0:
        assert got == 0.0
    else:
        assert 2 * norm.sf(abs(got)) == pytest.approx(u.pvalue, rel=1e-9)
        assert got * centred >= 0.0


@given(
    st.lists(st.floats(-50, 50).map(lambda x: round(x, 3)), min_size=6, max_size=14, unique=True)
)
def test_the_interval_is_where_the_test_stops_rejecting(values) -> None:
    half = len(values) // 2
    canary, baseline = np.array(values[:half]) + 7.0, np.sort(np.array(values[half:]))
    found = shift_of(canary, baseline, confidence=0.8)
    # Beyond each end by more than the tolerance of the search the score is beyond the quantile.
    outside = standard_score(canary, baseline, found.low - 3e-4)
    inside = standard_score(canary, baseline, found.low + 3e-4)
    assert outside >= 1.2815515 or found.low == canary.min() - baseline.max()
    assert inside <= 1.2815516


def test_two_points_that_tie_at_every_shift_have_no_interval() -> None:
    # One point against one: at the only possible shift all observations are the same.
    with pytest.raises(AllTied):
        shift_of(np.array([3.0]), np.array([5.0]), confidence=0.98)
