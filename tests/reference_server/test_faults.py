"""Faults for drills."""

import numpy as np
import pytest

from reference_server.errors import BadRequest
from reference_server.faults import FaultDesk, FaultPlan, Faults, read_faults, spoil


def desk(**faults: float) -> FaultDesk:
    opened = FaultDesk(np.random.default_rng(7))
    opened.set("m", "1", read_faults(faults))
    return opened


def plans(opened: FaultDesk, count: int) -> list[FaultPlan]:
    found = [opened.plan("m", "1") for _ in range(count)]
    return [plan for plan in found if plan is not None]


def test_a_version_that_was_left_alone_has_no_plan() -> None:
    assert FaultDesk(np.random.default_rng(7)).plan("m", "1") is None


def test_errors_hit_about_their_share() -> None:
    hit = sum(plan.fails for plan in plans(desk(error_share=0.02), 10_000))
    assert hit == pytest.approx(200, abs=60)


def test_the_same_seed_hits_the_same_requests() -> None:
    one, two = (
        [plan.fails for plan in plans(desk(error_share=0.5), 50)],
        [plan.fails for plan in plans(desk(error_share=0.5), 50)],
    )
    assert one == two


def test_latency_hits_only_its_share() -> None:
    delays = {plan.delay_seconds for plan in plans(desk(latency_ms=20, latency_share=0.5), 50)}
    assert delays == {0.0, 0.02}


def test_leaked_memory_is_held_until_the_version_is_healed() -> None:
    opened = desk(leak_bytes_per_request=1000)
    (plan,) = plans(opened, 1)
    plan.leak()
    assert len(plan.leak_into[0]) == 1000
    opened.clear("m", "1")
    assert opened.plan("m", "1") is None
    assert opened.get("m", "1") == Faults()


def test_leaks_stop_at_one_gibibyte() -> None:
    opened = desk(leak_bytes_per_request=16 * 1024**2)
    assert sum(plan.leak_bytes for plan in plans(opened, 100)) == 1024**3


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        pytest.param({"slow": 1}, "No fault is called 'slow'", id="an unknown fault"),
        pytest.param({"error_share": 2}, "from 0 to 1", id="a percentage for a share"),
        pytest.param({"latency_ms": -1}, "from 0 to 60000", id="a latency below zero"),
        pytest.param({"error_share": None}, "a number", id="nothing"),
    ],
)
def test_faults_that_cannot_be_are_refused(asked: dict[str, object], says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        read_faults(asked)


@pytest.mark.parametrize(
    "output",
    [
        pytest.param(np.array([[0.9, 0.1]]), id="scores"),
        pytest.param(np.array([[0.5, 0.5]]), id="equal scores"),
        pytest.param(np.array([3]), id="one label"),
        pytest.param(np.array([True]), id="one truth value"),
        pytest.param(np.array(["cat"], dtype=object), id="one text"),
    ],
)
def test_a_spoiled_answer_is_another_answer_of_the_same_shape(output: np.ndarray) -> None:
    wrong = spoil(output)
    assert wrong.shape == output.shape
    assert wrong.dtype == output.dtype
    assert not np.array_equal(wrong, output)
