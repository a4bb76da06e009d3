"""A plane on a port, and a runbook made of one step."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controlplane.client import TrimtabClient
from tests.controlplane.running_plane import RunningPlane, running_plane

HEAD = """---
title: A test
owner: tests
alerts: [SLOBurn]
params:
  service: {pattern: ".*", required: true}
  note: {pattern: "[a-z]*"}
---
# A test
"""
Write = Callable[..., str]


def fence(command: str, attributes: str = "") -> str:
    return f"\n```sh {attributes}\n{command}\n```\n"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningPlane]:
    folder = tmp_path / "plane"
    folder.mkdir()
    with running_plane(folder) as started:
        yield started


@pytest.fixture
def client(running: RunningPlane) -> Iterator[TrimtabClient]:
    with TrimtabClient(running.url) as opened:
        yield opened
