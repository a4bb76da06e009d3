import json
from pathlib import Path

from typer.testing import CliRunner

from controlplane.cli import app
from controlplane.cli.exits import Exit
from tests.controlplane.small_world import SLO
from tests.slo.openslo.examples import LATENCY


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


def test_an_edge_that_a_page_lacks_is_told_with_its_code(tmp_path: Path) -> None:
    page, slo = tmp_path / "page.prom", tmp_path / "fast.yaml"
    page.write_text('seconds_bucket{model="m",le="0.5"} 1\nseconds_bucket{model="m",le="+Inf"} 1\n')
    slo.write_text(LATENCY)
    told = lint(str(slo), "--page", str(page))
    assert told.exit_code == Exit.REFUSED
    assert told.stdout.startswith("fast: edge_missing: No bucket of")
    plain = lint(str(slo), "--page", str(page), "-o", "json")
    assert json.loads(plain.stdout)[0]["code"] == "edge_missing"
    assert lint(str(slo), "--page", str(tmp_path / "none.prom")).exit_code == Exit.USAGE


def test_a_failure_that_was_never_seen_is_only_noted(tmp_path: Path) -> None:
    page, slo = tmp_path / "page.prom", tmp_path / "slo.yaml"
    page.write_text('inference_requests_total{model="resnet",code="200"} 1\n')
    slo.write_text(SLO)
    told = lint(str(slo), "--page", str(page))
    assert told.exit_code == 0
    assert "no_failure_seen" in told.stdout


def test_a_short_memory_is_told(tmp_path: Path) -> None:
    slo = tmp_path / "slo.yaml"
    slo.write_text(SLO.replace("duration: 30m", "duration: 30d"))
    told = lint(str(slo), "--retention", "15d")
    assert (told.exit_code, "retention_short" in told.stdout) == (Exit.REFUSED, True)
