"""`trimtab up` in a process of its own, and a fleet that counts as fast as it is told to."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from controlplane.demo.processes import free_port
from tests.controlplane.small_world import SLO, ModelServer, migrated

__all__ = ["Fleet", "LivePlane", "environment", "live_fleet", "live_plane", "trimtab"]

START_SECONDS = 30.0
STOP_SECONDS = 10.0
CONFIG = """
targets: [{{name: server, url: "{fleet}/metrics", service: resnet, interval: 200ms}}]
slos: [slos.yaml]
services:
  resnet:
    route: {{router: reference-server, url: "{fleet}", name: resnet}}
    rollout: {{{rollout}}}
    probes: [{{kind: ready, every: 300ms}}]
storage: {{database: "sqlite:///{folder}/trimtab.db"}}
api: {{listen: "127.0.0.1:{port}"}}
"""
QUICK = "steps: [25, 50], soak: 1s, horizon: 1h, alpha: 0.05"


class Fleet(ModelServer):
    """Versions of one model behind weights that a router can set, with traffic of its own."""

    def __init__(self) -> None:
        super().__init__("1", "2")
        self.weights = {"1": 100.0, "2": 0.0}
        self.bad = {"1": 0.0, "2": 0.0}
        self.rate = 2_000.0
        self.moves: list[dict[str, float]] = []
        self.seen_at = time.monotonic()
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        """Answer as the reference server does; what was asked since the last answer is counted."""
        self._count()
        if request.path.endswith("/mirror"):
            return web.Response(status=404)
        if not request.path.endswith("/traffic"):
            return await super().handle(request)
        if request.method == "PUT":
            wanted = await request.json()
            self.weights = dict.fromkeys(self.weights, 0.0) | wanted
            self.moves.append(dict(self.weights))
        return web.json_response({"weights": self.weights})

    def _count(self) -> None:
        now = time.monotonic()
        asked, self.seen_at = (now - self.seen_at) * self.rate, now
        for version, weight in self.weights.items():
            count = round(asked * weight / 100)
            bad = round(count * self.bad[version])
            self.answer(version, good=count - bad, bad=bad)


@contextmanager
def live_fleet() -> Iterator[Fleet]:
    """Serve a fleet on a free port until the block ends."""
    fleet, loop, up = Fleet(), asyncio.new_event_loop(), threading.Event()
    over = asyncio.Event()

    async def serve() -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", fleet.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        fleet.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        up.set()
        await over.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert up.wait(START_SECONDS), "the fleet did not start"
        yield fleet
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(STOP_SECONDS)
        loop.close()


@dataclass(slots=True, kw_only=True)
class LivePlane:
    """A running control plane, which can be killed and started again."""

    folder: Path
    url: str
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        with (self.folder / "plane.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "controlplane",
                    "up",
                    "-c",
                    str(self.folder / "trimtab.yaml"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail((self.folder / "plane.log").read_text(errors="replace")[-4_000:])
            time.sleep(0.1)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it: asked, and by force where that does not help."""
        assert self.process is not None
        for each in (number, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, each)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
                return

    def _ready(self) -> bool:
        try:
            return httpx.get(self.url + "/readyz", timeout=2.0, trust_env=False).is_success
        except httpx.HTTPError:
            return False


@contextmanager
def live_plane(
    folder: Path, fleet: Fleet, *, rollout: str = QUICK, more: str = ""
) -> Iterator[LivePlane]:
    """Run a control plane of that fleet until the block ends."""
    port = free_port()
    text = CONFIG.format(fleet=fleet.url, rollout=rollout, folder=folder, port=port)
    (folder / "trimtab.yaml").write_text(text + more)
    (folder / "slos.yaml").write_text(SLO)
    (folder / "trimtab.db").write_bytes(migrated())
    plane = LivePlane(folder=folder, url=f"http://127.0.0.1:{port}")
    try:
        plane.start()
        yield plane
    finally:
        plane.stop()


def environment(plane: LivePlane | None, **more: str) -> dict[str, str]:
    """Return what a pipeline's steps find: where the plane is, and `trimtab` on the path."""
    settings = os.environ  # noqa: TID251 -- a pipeline's own
    programs = f"{Path(sys.executable).parent}:{settings.get('PATH', '')}"
    url = "http://127.0.0.1:9" if plane is None else plane.url
    return settings | {"TRIMTAB_URL": url, "PATH": programs, **more}


def trimtab(
    plane: LivePlane | None, *arguments: str, seconds: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run the command as a pipeline does: in a process of its own, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "controlplane", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=seconds,
        env=environment(plane),
    )
