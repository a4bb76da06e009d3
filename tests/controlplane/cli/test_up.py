from pathlib import Path

from typer.testing import CliRunner

from controlplane.cli import app
from controlplane.cli.exits import Exit


def test_without_a_file_the_plane_says_how_to_name_one(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["up", "-c", str(tmp_path / "none.yaml")])
    assert ended.exit_code == Exit.USAGE
    assert "-c" in ended.stderr


def test_an_address_that_others_can_reach_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trimtab.yaml"
    path.write_text("api: {listen: '0.0.0.0:9470'}")
    ended = CliRunner().invoke(app, ["up", "-c", str(path)])
    assert ended.exit_code == Exit.USAGE
    assert "which others can reach" in ended.stderr
