import pytest

from controlplane.cli.exits import Exit
from tests.controlplane.running_plane import RunningPlane


@pytest.mark.parametrize(("verb", "factor"), [("open", 0.0), ("close", 1.0), ("reset", 1.0)])
def test_a_person_orders_a_breaker(
    trimtab, running: RunningPlane, verb: str, factor: float
) -> None:
    running.burn()
    ended = trimtab("breaker", verb, "resnet", "2", "--reason", "drill")
    assert ended.exit_code == 0, ended.output
    assert ended.stdout.startswith("resnet/2: ")
    assert running.plane.live.factors["resnet", "2"] == factor


def test_a_breaker_nobody_knows_ends_with_two(trimtab) -> None:
    ended = trimtab("breaker", "open", "resnet", "9")
    assert ended.exit_code == Exit.USAGE
    assert "No breaker resnet/9" in ended.stderr
