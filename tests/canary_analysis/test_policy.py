"""A policy that cannot work is refused with advice."""

import pytest

from canary_analysis import InvalidPolicy, Policy


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        pytest.param({"alpha": 1.0}, r"share between 0 and 1, not 1. Did you mean 0.01", id="%"),
        pytest.param({"beta": 0.0}, r"beta must be a share between 0 and 1, not 0\.$", id="zero"),
        pytest.param({"error_margin": 0.2}, r"written error_margin=1\.2", id="rise as a share"),
        pytest.param({"soak_seconds": -1.0}, r"at least 0, not -1", id="negative time"),
        pytest.param({"prior_phi": 0.5}, r"prior_phi must be at least 1", id="less than no noise"),
        pytest.param({"error_equivalence": 1.0}, r"must be above 1, not 1", id="nothing to prove"),
        pytest.param({"horizon_seconds": float("inf")}, r"above 0, not inf", id="never ends"),
        pytest.param({"error_clip_nats": 0.0}, r"error_clip_nats must be above 0", id="no clip"),
    ],
)
def test_what_cannot_work_is_refused(values, advice):
    with pytest.raises(InvalidPolicy, match=advice):
        Policy(**values)


def test_limits_are_the_inverse_of_the_accepted_chances():
    policy = Policy(alpha=0.01, left_out_alpha=0.2, horizon_seconds=3600.0)
    assert (policy.rollback_limit, policy.left_out_limit, policy.late_starts) == (100.0, 5.0, 30)


def test_leaving_one_out_never_asks_for_more_than_the_verdict_does():
    assert Policy(alpha=0.25, left_out_alpha=0.1).left_out_limit == 4.0


def test_bursts_may_convict_when_the_policy_says_so():
    assert Policy(error_clip_nats=None).error_clip_nats is None
