import numpy as np

from canary_analysis.kayenta.points import cles, mean_ratio, outliers
from tests.canary_analysis.kayenta.published_cases import LARGE, ONES, RISING, SMALL, TENS, ZEROS


def test_points_far_out_are_outliers() -> None:
    far = np.array([1.0] * 200 + [2.0] * 200 + [900.0])
    assert outliers(far, 3.0).sum() == 1
    assert not outliers(np.zeros(0), 3.0).size
    # The 99th percentile keeps what the quartiles alone would throw out.
    few = np.array([0.0] * 95 + [5.0] * 5)
    assert not outliers(few, 3.0).any()


def test_effects_are_measured() -> None:
    assert cles(np.array(RISING), np.array(RISING)) == 0.5
    assert cles(np.array(SMALL), np.array(LARGE)) == 0.0
    assert mean_ratio(np.array(TENS), np.array(ONES)) == 10.0
    assert np.isnan(mean_ratio(np.array(TENS), np.array(ZEROS)))
