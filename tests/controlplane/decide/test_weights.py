import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.decide.rollout_state import Phase
from controlplane.decide.weights import Shift, wanted_weights

STEP = Shift(phase=Phase.PROGRESSING, baseline="1", canary="2", weight=25.0)


@pytest.mark.parametrize(
    ("shift", "factors", "expected"),
    [
        pytest.param(None, {}, {"1": 100.0}, id="at rest the stable version serves"),
        pytest.param(STEP, {}, {"1": 75.0, "2": 25.0}, id="a step gives the canary its weight"),
        pytest.param(STEP, {"2": 0.0}, {"1": 100.0, "2": 0.0}, id="an open breaker empties it"),
        pytest.param(
            STEP, {"1": 0.0}, {"1": 0.0, "0": 75.0, "2": 25.0}, id="never more than its step"
        ),
        pytest.param(None, {"1": 0.0}, {"1": 0.0, "0": 100.0}, id="the one before takes over"),
        pytest.param(None, {"1": 0.05}, {"1": 5.0, "0": 95.0}, id="half open tries a little"),
        pytest.param(None, {"1": 0.0, "0": 0.0}, {"1": 100.0}, id="nobody left: nothing moves"),
    ],
)
def test_wanted_weights(
    shift: Shift | None, factors: dict[str, float], expected: dict[str, float]
) -> None:
    wanted = wanted_weights(stable="1", previous="0", shift=shift, factors=factors)
    assert wanted.by_version == pytest.approx(expected)
    assert wanted.reason


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        pytest.param(Phase.PROMOTING, {"2": 100.0}, id="promoting"),
        pytest.param(Phase.ROLLING_BACK, {"1": 100.0}, id="rolling back"),
        pytest.param(Phase.PAUSED, {"1": 75.0, "2": 25.0}, id="paused stays where it is"),
    ],
)
def test_phases(phase: Phase, expected: dict[str, float]) -> None:
    shift = Shift(phase=phase, baseline="1", canary="2", weight=25.0)
    wanted = wanted_weights(stable="1", previous=None, shift=shift, factors={})
    assert wanted.by_version == expected


def test_without_another_version_a_broken_one_keeps_its_traffic() -> None:
    wanted = wanted_weights(stable="1", previous=None, shift=None, factors={"1": 0.0})
    assert wanted.by_version == {"1": 100.0}
    assert "no other version" in wanted.reason


@given(
    weight=st.floats(0.1, 99.9),
    phase=st.sampled_from(Phase),
    factors=st.dictionaries(st.sampled_from("012"), st.floats(0, 1)),
)
def test_weights_sum_to_a_hundred_and_the_canary_never_exceeds_its_step(
    weight: float, phase: Phase, factors: dict[str, float]
) -> None:
    shift = Shift(phase=phase, baseline="1", canary="2", weight=weight)
    wanted = wanted_weights(stable="1", previous="0", shift=shift, factors=factors).by_version
    assert sum(wanted.values()) == pytest.approx(100.0)
    assert all(0.0 <= share <= 100.0 for share in wanted.values())
    if phase in (Phase.PROGRESSING, Phase.PAUSED):
        assert wanted["2"] <= weight
