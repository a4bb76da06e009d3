import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard import command
from dashboard.command import OPTIONS, UNUSABLE, app, streamlit_arguments


def test_streamlit_is_told_to_send_nothing_home_and_to_show_no_traceback() -> None:
    arguments = streamlit_arguments("127.0.0.1", 8501)
    assert arguments[:2] == ["streamlit", "run"]
    assert Path(arguments[2]).is_file()
    assert {f"--{key}={value}" for key, value in OPTIONS.items()} < set(arguments)
    assert "--server.address=127.0.0.1" in arguments
    assert "--server.port=8501" in arguments


class Became(Exception):
    """Stands for the program that this process would have become."""


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the command would have become."""
    seen: list[list[str]] = []

    def execv(program: str, arguments: list[str]) -> None:
        assert Path(program).is_file()
        seen.append(arguments)
        raise Became

    monkeypatch.setattr(command.os, "execv", execv)
    return seen


def test_the_command_becomes_streamlit(became: list[list[str]]) -> None:
    pytest.importorskip("streamlit", reason="streamlit is not installed")
    CliRunner().invoke(app, ["--port", "9999"], catch_exceptions=True)
    assert became[0][1:4] == [sys.executable, "-m", "streamlit"]
    assert "--server.port=9999" in became[0]


def test_another_plane_can_be_named(became: list[list[str]]) -> None:
    pytest.importorskip("streamlit", reason="streamlit is not installed")
    CliRunner().invoke(app, ["--plane", "http://127.0.0.1:1"])
    assert became[0][1] == "TRIMTAB_URL=http://127.0.0.1:1"


def test_without_streamlit_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, became: list[list[str]]
) -> None:
    monkeypatch.setattr(command.importlib.util, "find_spec", lambda _name: None)
    found = CliRunner().invoke(app, [])
    assert found.exit_code == UNUSABLE
    assert "pip install 'trimtab[dashboard]'" in found.stderr
    assert became == []
