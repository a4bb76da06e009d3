"""The simulated fleet as a benchmark sees it: started, ordered about, asked who came when."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleet import address_of

from controlplane.demo.processes import free_port

START_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPlan:
    """How large the fleet is and how often it is scraped.

    Attributes:
        targets: Model servers.
        services: They belong to these in turn; each has one SLO.
        interval: Seconds between two scrapes of one target.
        port: Of every target.
        names_honoured: Whether ``name[]`` makes a page smaller.
        own_labels: Whether each target names GPUs of its own: pages whose layout none shares.
    """

    targets: int
    services: int
    interval: float
    port: int = field(default_factory=free_port)
    names_honoured: bool = True
    own_labels: bool = False

    def url(self, target: int, subject: str) -> str:
        """Return the address of a target's page for one subject."""
        return f"http://{address_of(target)}:{self.port}/{subject}/metrics"

    def members(self, service: int) -> range:
        """Return the targets of a service."""
        return range(service, self.targets, self.services)


class FleetControl:
    """The control port of a running fleet."""

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self._lines = connection.makefile("rwb")
        self.pid = pid

    def forget(self) -> None:
        """Begin a window: arrivals before it are forgotten."""
        self._ask(do="forget")

    def arrivals(self, subject: str) -> dict[int, list[float]]:
        """Return when a subject asked each target since the window began."""
        found: dict[int, list[float]] = {}
        for target, at in zip(*self._ask(do="arrivals", subject=subject), strict=True):
            found.setdefault(int(target), []).append(at)
        return found

    def fault(self, service: int) -> float:
        """Let every request of a service fail from now on; return when that was."""
        return float(self._ask(do="fault", service=service))

    def crossing(self, subject: str, service: int, limit: float) -> float:
        """Return when the errors that a subject could see went above this share."""
        return float(self._ask(do="crossing", subject=subject, service=service, limit=limit))

    def _ask(self, **order: object) -> Any:
        self._lines.write(json.dumps(order).encode() + b"\n")
        self._lines.flush()
        return json.loads(self._lines.readline())


@contextmanager
def running_fleet(plan: FleetPlan) -> Iterator[FleetControl]:
    """Start the fleet; it ends with the connection, and is ended in any case."""
    control = free_port()
    command = [sys.executable, str(Path(__file__).with_name("fleet.py"))]
    for name in ("targets", "services", "port"):
        command += [f"--{name}", str(getattr(plan, name))]
    command += ["--control", str(control)]
    command += [] if plan.names_honoured else ["--ignore-names"]
    command += ["--own-labels"] if plan.own_labels else []
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        with _connect(control, process) as connection:
            yield FleetControl(connection, process.pid)
    finally:
        process.terminate()
        process.wait(10)


def _connect(port: int, process: subprocess.Popen[bytes]) -> socket.socket:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), timeout=60)
        time.sleep(0.1)
    raise SystemExit("the fleet did not start")
