"""trimtab slo dashboard."""

import json
from pathlib import Path

from typer.testing import CliRunner

from controlplane.cli import app
from controlplane.cli.exits import Exit
from tests.controlplane.small_world import SLO

SLICES = (
    SLO.replace('  annotations: {trimtab.dev/blame-by: "version,target"}\n', "")
    .replace("budgetingMethod: Occurrences", "budgetingMethod: RatioTimeslices")
    .replace("target: 0.99}", "target: 0.99, timeSliceWindow: 1m}")
)


def run(*arguments: object):
    return CliRunner().invoke(app, ["slo", "dashboard", *map(str, arguments)])


def written(folder: Path, text: str = SLO) -> Path:
    path = folder / "slos.yaml"
    path.write_text(text)
    return path


def test_a_dashboard_is_printed_or_written(tmp_path: Path) -> None:
    printed = run(written(tmp_path))
    out = tmp_path / "slos.json"
    said = run(tmp_path / "slos.yaml", "--out", out)
    assert said.stdout == f"{out}: 1 SLOs\n"
    assert json.loads(out.read_text()) == json.loads(printed.stdout)


def test_the_source_is_chosen(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert "slo:bad:increase" in run(path).stdout
    assert "trimtab_slo_burn_rate" in run(path, "--from", "trimtab").stdout


def test_slices_have_no_recordings_and_are_on_the_plane_s_page(tmp_path: Path) -> None:
    path = written(tmp_path, SLICES)
    refused = run(path)
    assert refused.exit_code == Exit.USAGE
    assert "--from trimtab" in refused.stderr
    assert run(path, "--from", "trimtab").exit_code == 0


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    refused = run(written(tmp_path), "--out", tmp_path / "nowhere" / "slos.json")
    assert refused.exit_code == Exit.USAGE
    assert "cannot be written" in refused.stderr
