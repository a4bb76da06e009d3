"""Everything that runs during the demo: two servers, a receiver, a load, and how to ask the plane."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx
import numpy as np

from controlplane.client import TrimtabClient
from controlplane.demo.load import Load
from controlplane.demo.processes import Processes, free_port
from controlplane.demo.questions import golden_question, sample_questions
from controlplane.demo.receiver import Receiver
from controlplane.demo.scene import MODEL, Pace, Ports, write_scene
from controlplane.errors import TrimtabError

__all__ = ["Stage", "set_stage"]

Answer = TypeVar("Answer")
START_SECONDS = 60.0
POLL_SECONDS = 0.25
KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the acts work with."""

    folder: Path
    ports: Ports
    pace: Pace
    processes: Processes
    receiver: Receiver
    load: Load
    client: TrimtabClient
    server: httpx.AsyncClient
    stop_load: asyncio.Event

    async def ask(self, question: Callable[[TrimtabClient], Answer]) -> Answer:
        """Ask the plane without holding up the load generator."""
        return await asyncio.to_thread(question, self.client)

    async def until(
        self, what: str, true: Callable[[TrimtabClient], bool], *, within: float
    ) -> None:
        """Wait until the plane says so.

        Raises:
            TrimtabError: It did not in time; the message names what was waited for.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while not await self.ask(true):
            if loop.time() > deadline:
                msg = f"Waited {within:.0f} s in vain until {what}."
                raise TrimtabError(msg, hint=f"logs are in {self.folder}")
            await asyncio.sleep(POLL_SECONDS)

    async def set_fault(self, version: str, **fault: float) -> None:
        """Make a version ill on purpose."""
        path = f"/v2/models/{MODEL}/versions/{version}/faults"
        (await self.server.put(path, json=fault)).raise_for_status()

    async def clear_fault(self, version: str) -> None:
        """Make it well again."""
        path = f"/v2/models/{MODEL}/versions/{version}/faults"
        (await self.server.delete(path)).raise_for_status()

    async def finish_load(self) -> None:
        """Send nothing more, and wait for every answer."""
        self.stop_load.set()
        await self.load.ended.wait()


@asynccontextmanager
async def set_stage(folder: Path, pace: Pace, *, dashboard: bool) -> AsyncIterator[Stage]:
    """Start everything; whatever happens, stop all of it."""
    ports = Ports(model_server=free_port(), plane=free_port(), dashboard=free_port())
    key = base64.b64encode(np.random.default_rng().bytes(KEY_BYTES)).decode()
    (folder / "webhook.key").write_text(key)
    receiver, processes, stop = Receiver(key), Processes(folder), asyncio.Event()
    url = f"{ports.model_server_url}/v2/models/{MODEL}/infer"
    load = Load(url, sample_questions(), rate=pace.rate)
    sending: asyncio.Task[None] | None = None
    async with httpx.AsyncClient(base_url=ports.model_server_url, timeout=10.0) as server:
        stage = Stage(
            folder=folder,
            ports=ports,
            pace=pace,
            processes=processes,
            receiver=receiver,
            load=load,
            client=TrimtabClient(ports.plane_url),
            server=server,
            stop_load=stop,
        )
        try:
            await _start_all(stage, webhook=await receiver.start(), dashboard=dashboard)
            sending = asyncio.create_task(load.run(stop))
            yield stage
        finally:
            stop.set()
            if sending is not None:
                await asyncio.gather(sending, return_exceptions=True)
            stage.client.close()
            await processes.stop()
            await receiver.stop()


async def _start_all(stage: Stage, *, webhook: str, dashboard: bool) -> None:
    """Start the servers; the load begins only when all of them answer."""
    processes, ports = stage.processes, stage.ports
    if dashboard:
        arguments = ("--port", str(ports.dashboard), "--plane", ports.plane_url)
        await processes.start("dashboard", "controlplane", "dashboard", *arguments)
    await _start_model_server(processes, stage.folder, stage.server)
    config = write_scene(stage.folder, ports, stage.pace, webhook=webhook)
    await _start_plane(processes, config, ports.plane_url, stage.server)
    if dashboard:
        ready = partial(_answers, stage.server, f"{ports.dashboard_url}/_stcore/health")
        await processes.until_ready("dashboard", ready, within=START_SECONDS)


async def _start_model_server(
    processes: Processes, folder: Path, server: httpx.AsyncClient
) -> None:
    """Start it, and learn an answer from the version that everyone trusts."""
    url = str(server.base_url).rstrip("/")
    port = str(server.base_url.port)
    await processes.start("model server", "reference_server", "--port", port, "--faults")
    ready = partial(_answers, server, f"{url}/v2/health/ready")
    await processes.until_ready("model server", ready, within=START_SECONDS)
    golden = await asyncio.to_thread(golden_question, url, MODEL, "1")
    (folder / "golden.json").write_bytes(golden)


async def _start_plane(
    processes: Processes, config: Path, url: str, http: httpx.AsyncClient
) -> None:
    await processes.start("control plane", "controlplane", "up", "-c", str(config))
    ready = partial(_answers, http, f"{url}/readyz")
    await processes.until_ready("control plane", ready, within=START_SECONDS)


async def _answers(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
