"""trimtab mixin."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from controlplane.cli import app
from controlplane.cli.exits import Exit
from controlplane.mixin import alert_groups, plane_dashboard


def run(*arguments: object):
    return CliRunner().invoke(app, ["mixin", *map(str, arguments)])


def test_rules_are_printed_and_with_a_folder_the_dashboard_is_there_too(tmp_path: Path) -> None:
    printed = run("--job", "prod")
    assert yaml.safe_load(printed.stdout) == {"groups": alert_groups("prod")}
    said = run("--job", "prod", "--out", tmp_path / "new")
    rules, dashboard = (Path(line) for line in said.stdout.splitlines())
    assert rules.read_text() == printed.stdout
    assert json.loads(dashboard.read_text()) == plane_dashboard("prod")


@pytest.mark.parametrize("job", ['a"b', "", "a b"])
def test_a_job_that_no_query_can_hold_is_refused(job: str) -> None:
    assert run("--job", job).exit_code == Exit.USAGE


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = run("--out", tmp_path / "file" / "mixin")
    assert refused.exit_code == Exit.USAGE
    assert "cannot be written" in refused.stderr
