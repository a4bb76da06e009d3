from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.decide.scaling import Demand, ScalePolicy, wanted_replicas

POLICY = ScalePolicy(min_replicas=1, max_replicas=10, in_flight_per_replica=4.0)


@pytest.mark.parametrize(
    ("demand", "expected"),
    [
        pytest.param(None, None, id="no figures are no reason to change"),
        pytest.param(Demand(in_flight=0.0, replicas=3), 1, id="idle goes to the least"),
        pytest.param(Demand(in_flight=17.0, replicas=2), 5, id="demand is rounded up"),
        pytest.param(Demand(in_flight=8.7, replicas=2), 2, id="within the tolerance nothing moves"),
        pytest.param(Demand(in_flight=1.0, replicas=3, silent=1), 3, id="silence never shrinks"),
        pytest.param(Demand(in_flight=400.0, replicas=2), 10, id="never above the most"),
    ],
)
def test_wanted_replicas(demand: Demand | None, expected: int | None) -> None:
    wish = wanted_replicas(POLICY, demand)
    assert wish.replicas == expected
    assert wish.reason


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.integers(0, 20))
def test_more_demand_never_wants_fewer(one: float, other: float, replicas: int) -> None:
    low, high = sorted((one, other))
    less = wanted_replicas(POLICY, Demand(in_flight=low, replicas=0)).replicas
    more = wanted_replicas(POLICY, Demand(in_flight=high, replicas=0)).replicas
    assert less is not None
    assert more is not None
    assert less <= more
    held = wanted_replicas(POLICY, Demand(in_flight=low, replicas=replicas)).replicas
    assert held is not None
    assert POLICY.min_replicas <= held <= POLICY.max_replicas


GPU_POLICY = replace(POLICY, gpu_utilization=0.5)


@pytest.mark.parametrize(
    ("in_flight", "busy", "expected", "why"),
    [
        pytest.param(4.0, 0.9, 8, "GPUs work 90%", id="busy GPUs want more"),
        pytest.param(32.0, 0.1, 8, "in flight", id="the larger of both wins"),
        pytest.param(4.0, 0.1, 1, "in flight", id="both agree to shrink"),
        pytest.param(4.0, 0.52, 4, "within 10 %", id="nearly as busy as aimed at"),
        pytest.param(4.0, None, 4, "nobody says", id="no data never shrinks"),
        pytest.param(32.0, None, 8, "in flight", id="and does not keep from growing"),
        pytest.param(4.0, 1.0, 8, "GPUs work 100%", id="all of the time"),
    ],
)
def test_gpus_have_a_say(in_flight: float, busy: float | None, expected: int, why: str) -> None:
    demand = Demand(in_flight=in_flight, replicas=4, gpu_utilization=busy)
    wish = wanted_replicas(GPU_POLICY, demand)
    assert wish.replicas == expected
    assert why in wish.reason
    without = wanted_replicas(POLICY, demand).replicas
    assert without is not None
    assert wish.replicas >= without


def test_a_server_that_does_not_say_what_it_holds_is_not_shrunk():
    silent = Demand(in_flight=None, replicas=3)
    assert wanted_replicas(ScalePolicy(max_replicas=9), silent).replicas is None
    busy = Demand(in_flight=None, replicas=3, gpu_utilization=0.9)
    assert wanted_replicas(ScalePolicy(max_replicas=9), busy).replicas is None
    aimed = ScalePolicy(max_replicas=9, gpu_utilization=0.45)
    assert wanted_replicas(aimed, busy).replicas == 6
