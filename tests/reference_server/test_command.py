"""trimtab model-server: options."""

from typer.testing import CliRunner

from reference_server.command import app


def test_help_shows_an_example_and_when_faults_are_on() -> None:
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0
    assert "Example: trimtab model-server" in shown.output
    assert "only on a loopback address" in " ".join(shown.output.split())


def test_a_model_that_is_not_there_is_a_usage_error() -> None:
    ended = CliRunner().invoke(app, ["--port", "0", "--model", "resnet"])
    assert ended.exit_code == 2
    assert "Shipped: magika, iris" in ended.output
