"""Promises."""

from datetime import timedelta

import pytest

from slo import InvalidObjective, Objective

MONTH = timedelta(days=30)


def test_what_is_not_promised_may_fail():
    assert Objective(target=0.75, window=MONTH).allowed_error_ratio == 0.25


@pytest.mark.parametrize(
    ("target", "window", "advice"),
    [
        pytest.param(99.9, MONTH, r"Did you mean 0.999\?", id="a percentage"),
        pytest.param(1.0, MONTH, "between 0 and 1, not 1.$", id="no failure ever"),
        pytest.param(0.0, MONTH, "between 0 and 1", id="no promise"),
        pytest.param(-0.5, MONTH, "between 0 and 1", id="less than none"),
        pytest.param(float("nan"), MONTH, "between 0 and 1", id="no number"),
        pytest.param(0.9, timedelta(0), "Write for example 'window: 30d'", id="no window"),
    ],
)
def test_what_cannot_be_promised_is_refused(target, window, advice):
    with pytest.raises(InvalidObjective, match=advice):
        Objective(target=target, window=window)
