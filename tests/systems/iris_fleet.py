"""A real model server with small models under many names, users who ask it, and control planes beside it."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import yaml

from controlplane.demo.processes import Processes, free_port
from reference_server.catalogue import find_models
from tests.systems.traffic_front import Front, traffic_front

__all__ = ["Fleet", "iris_fleet"]

START_SECONDS = 60.0
QUESTION = (
    b'{"inputs": [{"name": "float_input", "shape": [1, 2], "datatype": "FP32", "data": [5, 3]}]}'
)
VERSIONS = ("1", "2")
RATE = 20.0


@dataclass(slots=True, kw_only=True)
class Fleet:
    """Everything that runs.

    Attributes:
        folder: Where configurations and logs lie.
        server: Address of the model server.
        front: What stands before it, for control planes.
        processes: All of them.
        http: For whoever asks.
        ill: Models that are made to fail just now, of which failures are no harm.
        answered: Answers to users, by model and status.
        harm: What went wrong for users of models that are well.
    """

    folder: Path
    server: str
    front: Front
    processes: Processes
    http: httpx.AsyncClient
    ill: set[str] = field(default_factory=set)
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    harm: Counter[str] = field(default_factory=Counter)

    def write_config(
        self, name: str, *, port: int, rollouts: Mapping[str, Mapping[str, Any]], **more: Any
    ) -> Path:
        """Write a trimtab.yaml for a control plane: one service for each model."""
        document = {
            "targets": [
                {
                    "name": f"page-{model}",
                    "url": f"{self.server}/metrics",
                    "service": model,
                    "interval": "1s",
                }
                for model in rollouts
            ],
            "services": {
                model: {
                    "route": {"router": "reference-server", "url": self.front.url, "name": model},
                    "rollout": dict(rollout),
                    "probes": [{"kind": "ready", "every": "1s"}],
                }
                for model, rollout in rollouts.items()
            },
            "api": {"listen": f"127.0.0.1:{port}"},
            **more,
        }
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(document, sort_keys=False))
        return path

    async def start_plane(self, name: str, config: Path) -> None:
        """Start a control plane; it may lead or stand by."""
        await self.processes.start(name, "controlplane", "up", "-c", str(config))

    async def until_answers(self, name: str, url: str) -> None:
        """Wait until a page of a process is there; one that has ended shows why."""
        await self.processes.until_ready(name, partial(self.answers, url), within=START_SECONDS)

    async def answers(self, url: str) -> bool:
        """Whether a page is there."""
        try:
            return (await self.http.get(url)).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def signal(self, name: str, number: signal.Signals) -> None:
        """Stop one in its tracks, let it go on, or end it."""
        os.killpg(self.processes.process(name).pid, number)

    async def make_ill(self, model: str, version: str) -> None:
        """Let most requests of one version fail."""
        self.ill.add(model)
        path = f"{self.server}/v2/models/{model}/versions/{version}/faults"
        (await self.http.put(path, json={"error_share": 0.7})).raise_for_status()

    async def make_well(self, model: str, version: str) -> None:
        """End that; failures that are under way still are no harm."""
        path = f"{self.server}/v2/models/{model}/versions/{version}/faults"
        (await self.http.delete(path)).raise_for_status()
        await asyncio.sleep(0.5)
        self.ill.discard(model)

    async def weights(self, model: str) -> dict[str, float]:
        """Return the shares that the model server says it keeps."""
        answer = await self.http.get(f"{self.server}/v2/models/{model}/traffic")
        found: dict[str, float] = answer.json()["weights"]
        return found

    async def use(self, model: str) -> None:
        """Ask a model at a steady rate, for as long as nobody cancels."""
        url, loop = f"{self.server}/v2/models/{model}/infer", asyncio.get_running_loop()
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            due, asking = loop.time(), set[asyncio.Task[None]]()
            while True:
                task = asyncio.create_task(self._ask(session, model, url))
                asking.add(task)
                task.add_done_callback(asking.discard)
                due += 1.0 / RATE
                await asyncio.sleep(max(0.0, due - loop.time()))

    async def _ask(self, session: aiohttp.ClientSession, model: str, url: str) -> None:
        ill = model in self.ill
        try:
            async with session.post(url, data=QUESTION) as response:
                await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            self.harm[f"{model}: {error!r}"] += 1
            return
        self.answered[model, status] += 1
        if status != httpx.codes.OK and not ill and model not in self.ill:
            self.harm[f"{model}: {status}"] += 1


@asynccontextmanager
async def iris_fleet(folder: Path, models: Iterable[str]) -> AsyncIterator[Fleet]:
    """Start a model server with these models, two versions each, and users of every one."""
    port, names = free_port(), tuple(models)
    server, processes = f"http://127.0.0.1:{port}", Processes(folder)
    (file,) = find_models(["iris"], cache=folder / "cache", versions=())
    arguments = [
        word
        for name in names
        for version in VERSIONS
        for word in ("--model", f"{name}={file.path}:{version}")
    ]
    async with httpx.AsyncClient(timeout=10.0) as http, traffic_front(server) as front:
        fleet = Fleet(folder=folder, server=server, front=front, processes=processes, http=http)
        using: list[asyncio.Task[None]] = []
        try:
            more = ("--port", str(port), "--faults", "--workers", "1", *arguments)
            await processes.start("model server", "reference_server", *more)
            await fleet.until_answers("model server", f"{server}/v2/health/ready")
            using = [asyncio.create_task(fleet.use(name)) for name in names]
            yield fleet
        finally:
            for task in using:
                task.cancel()
            await asyncio.gather(*using, return_exceptions=True)
            await processes.stop()
