"""The command line, run against a plane on a real port."""

from collections.abc import Callable

import pytest
from click.testing import Result
from typer.testing import CliRunner

from controlplane.cli import app
from tests.controlplane.running_plane import RunningPlane

Trimtab = Callable[..., Result]


@pytest.fixture
def trimtab(running: RunningPlane) -> Trimtab:
    """Run `trimtab` with arguments; TRIMTAB_URL names the running plane unless told otherwise."""

    def run(*arguments: str, url: str = running.url) -> Result:
        return CliRunner().invoke(app, list(arguments), env={"TRIMTAB_URL": url})

    return run
