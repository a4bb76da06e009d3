"""The deployment gate as a pipeline meets it: by its exit code."""

from controlplane.cli.exits import Exit
from tests.controlplane.running_plane import RunningPlane


def test_a_gate_that_is_not_known_ends_with_five(trimtab) -> None:
    asked = trimtab("gate", "resnet")
    assert asked.exit_code == Exit.INCONCLUSIVE
    assert asked.stdout.startswith("gate of resnet: unknown\n  availability: ")


def test_a_closed_gate_ends_with_one_and_an_override_with_nought(
    trimtab, running: RunningPlane
) -> None:
    running.burn()
    for noun in (["gate"], ["slo", "gate"]):
        asked = trimtab(*noun, "resnet", "--version", "2")
        assert asked.exit_code == Exit.REFUSED
        assert "people are being paged" in asked.stdout
    taken = trimtab("gate", "resnet", "--version", "2", "--override", "it is the fix")
    assert taken.exit_code == Exit.DONE
    assert taken.stdout.startswith("gate of resnet: closed, overridden\n")
    as_json = trimtab("gate", "resnet", "-o", "json")
    assert as_json.exit_code == Exit.REFUSED
    assert '"gate": "closed"' in as_json.stdout


def test_a_service_nobody_knows_ends_with_two(trimtab) -> None:
    asked = trimtab("gate", "resnett")
    assert asked.exit_code == Exit.USAGE
    assert "known services: bert, resnet" in asked.stderr
