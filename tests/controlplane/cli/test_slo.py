from pathlib import Path

from typer.testing import CliRunner

from controlplane.cli import app
from controlplane.cli.exits import Exit
from tests.controlplane.small_world import SLO


def validate(*paths: Path):
    return CliRunner().invoke(app, ["slo", "validate", *map(str, paths)])


def test_an_slo_is_shown_with_its_budget(trimtab) -> None:
    shown = trimtab("slo", "show", "availability")
    assert shown.exit_code == 0
    assert "state: unknown" in shown.stdout
    unknown = trimtab("slo", "show", "speed")
    assert unknown.exit_code == Exit.USAGE
    assert "known SLOs: availability" in unknown.stderr


def test_a_good_file_is_ok(tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_text(SLO)
    ended = validate(good)
    assert (ended.exit_code, ended.stdout) == (0, "availability: ok\n")


def test_a_bad_file_is_named_with_its_fault(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(SLO.replace("target: 0.99", "target: 99"))
    ended = validate(bad)
    assert ended.exit_code == Exit.USAGE
    assert "bad.yaml" in ended.stderr


def test_a_file_that_is_not_there_ends_with_two(tmp_path: Path) -> None:
    ended = validate(tmp_path / "none.yaml")
    assert ended.exit_code == Exit.USAGE
    assert "none.yaml" in ended.stderr


def lint(*arguments: str):
    return CliRunner().invoke(app, ["slo", "lint", *arguments])


def test_rules_that_can_work_are_passed_over(tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_text(SLO)
    ended = lint(str(good))
    assert (ended.exit_code, ended.stdout) == (0, "")


def test_rules_that_one_event_sets_off_are_told_with_advice(tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_text(SLO)
    ended = lint(str(good), "--events-per-hour", "5")
    assert ended.exit_code == Exit.REFUSED
    assert all(line.startswith("availability: ") for line in ended.stdout.splitlines())
