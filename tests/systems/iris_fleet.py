"""A real model server with small models under many names, users who ask it, and control planes beside it."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
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
EACH_ITS_OWN = httpx.Limits(max_keepalive_connections=0)
"""A connection that idles is closed at the server's convenience, perhaps as somebody asks."""


@dataclass(slots=True, kw_only=True)
class Fleet:
    """Everything that runs.

    Attributes:
        folder: Where configurations and logs lie.
        servers: Addresses of the model servers; the second one has only replicated models.
        fronts: What stands before each, for control planes.
        replicated: Models that both have.
        processes: All of them.
        http: For whoever asks.
        ill: Models that are made to fail just now, of which failures are no harm.
        answered: Answers to users, by model and status.
        harm: What went wrong for users of models that are well.
    """

    folder: Path
    servers: tuple[str, str]
    fronts: tuple[Front, Front]
    replicated: tuple[str, ...]
    processes: Processes
    http: httpx.AsyncClient
    ill: set[str] = field(default_factory=set)
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    harm: Counter[str] = field(default_factory=Counter)

    @property
    def front(self) -> Front:
        """What stands before the first model server; its orders are those of all."""
        return self.fronts[0]

    def places(self, model: str) -> tuple[str, ...]:
        """Return the addresses of a model's servers."""
        return self.servers if model in self.replicated else self.servers[:1]

    def write_config(
        self, name: str, *, port: int, rollouts: Mapping[str, Mapping[str, Any]], **more: Any
    ) -> Path:
        """Write a trimtab.yaml for a control plane: one service for each model."""
        document = {
            "targets": [
                {
                    "name": f"page-{model}-{number}",
                    "url": f"{place}/metrics",
                    "service": model,
                    "interval": "1s",
                }
                for model in rollouts
                for number, place in enumerate(self.places(model))
            ],
            "services": {
                model: {
                    "route": {"router": "reference-server", "name": model, **self._route(model)},
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

    def _route(self, model: str) -> dict[str, object]:
        if model in self.replicated:
            return {"urls": [front.url for front in self.fronts]}
        return {"url": self.front.url}

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
        for place in self.places(model):
            path = f"{place}/v2/models/{model}/versions/{version}/faults"
            (await self.http.put(path, json={"error_share": 0.7})).raise_for_status()

    async def make_well(self, model: str, version: str) -> None:
        """End that; failures that are under way still are no harm."""
        for place in self.places(model):
            path = f"{place}/v2/models/{model}/versions/{version}/faults"
            (await self.http.delete(path)).raise_for_status()
        await asyncio.sleep(0.5)
        self.ill.discard(model)

    async def use(self, model: str) -> None:
        """Ask a model at a steady rate, its replicas in turn, for as long as nobody cancels."""
        urls = cycle(f"{place}/v2/models/{model}/infer" for place in self.places(model))
        loop = asyncio.get_running_loop()
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            due, asking = loop.time(), set[asyncio.Task[None]]()
            try:
                while True:
                    task = asyncio.create_task(self._ask(session, model, next(urls)))
                    asking.add(task)
                    task.add_done_callback(asking.discard)
                    due += 1.0 / RATE
                    await asyncio.sleep(max(0.0, due - loop.time()))
            finally:  # whoever still waits has left before the server stops
                for task in asking:
                    task.cancel()
                await asyncio.gather(*asking, return_exceptions=True)

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
async def iris_fleet(
    folder: Path, models: Iterable[str], *, replicated: tuple[str, ...] = ()
) -> AsyncIterator[Fleet]:
    """Start a model server with these models, two versions each, and users of every one.

    Args:
        folder: Where everything lies.
        models: Their names.
        replicated: Those of them that a second model server has, too.
    """
    names, ports = tuple(models), (free_port(), free_port())
    first, second = (f"http://127.0.0.1:{port}" for port in ports)
    async with (
        httpx.AsyncClient(timeout=10.0, limits=EACH_ITS_OWN) as http,
        traffic_front(first) as front,
        traffic_front(second, beside=front) as other,
    ):
        fleet = Fleet(
            folder=folder,
            servers=(first, second),
            fronts=(front, other),
            replicated=replicated,
            processes=Processes(folder),
            http=http,
        )
        using: list[asyncio.Task[None]] = []
        try:
            await _start_server(fleet, "model server", ports[0], names)
            if replicated:
                await _start_server(fleet, "other model server", ports[1], replicated)
            using = [asyncio.create_task(fleet.use(name)) for name in names]
            yield fleet
        finally:
            for task in using:
                task.cancel()
            await asyncio.gather(*using, return_exceptions=True)
            await fleet.processes.stop()


async def _start_server(fleet: Fleet, name: str, port: int, models: tuple[str, ...]) -> None:
    """Start a model server with small models, and wait until it is ready."""
    (file,) = find_models(["iris"], cache=fleet.folder / "cache", versions=())
    arguments = [
        word
        for model in models
        for version in VERSIONS
        for word in ("--model", f"{model}={file.path}:{version}")
    ]
    more = ("--port", str(port), "--faults", "--workers", "1", *arguments)
    await fleet.processes.start(name, "reference_server", *more)
    await fleet.until_answers(name, f"http://127.0.0.1:{port}/v2/health/ready")
