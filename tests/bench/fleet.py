"""A simulated fleet of model servers, in a process of its own: pages, a control port, a memory.

Each target has a loopback address of its own, 127.10.x.y, all on one port. Whoever scrapes puts a
name of its own first in the path, /NAME/metrics, so that arrivals are kept by subject. The control
port takes one line of JSON and answers one; `tests/bench/fleet_client.py` speaks it.
"""

import argparse
import asyncio
import json
import resource
import socket
import time
from array import array
from collections import defaultdict
from functools import lru_cache
from urllib.parse import parse_qs

from simulated_page import Moment, make_template, requests_so_far

RENDER_SECONDS = 0.1
"""A page is made anew at most so often: all targets of one state share it."""

PER_NETWORK = 250
BACKLOG = 16
LIMIT_BYTES = 1 << 16
ANY_GPU = b'gpu="00000-'


def address_of(target: int) -> str:
    """Return the loopback address of a target."""
    network, host = divmod(target, PER_NETWORK)
    return f"127.10.{network}.{host + 1}"


class Fleet:
    """What the targets answer, and who asked when.

    Args:
        services: Targets belong to them in turn.
        names_honoured: Whether ``name[]`` makes a page smaller, as with prometheus_client.
        own_labels: Whether each target names GPUs of its own, so that no two pages look alike.
    """

    def __init__(self, *, services: int, names_honoured: bool, own_labels: bool) -> None:
        self.began = time.monotonic()
        self.faults: dict[int, float] = {}
        self.arrivals: defaultdict[str, tuple[array[int], array[float]]] = defaultdict(
            lambda: (array("i"), array("d"))
        )
        self.first: dict[tuple[str, int], float] = {}
        self._services = services
        self._names_honoured = names_honoured
        self._own_labels = own_labels
        self._template = lru_cache(maxsize=512)(make_template)
        self._answers: dict[tuple[float | None, str], tuple[int, bytes]] = {}

    def answer(self, target: int, path: str) -> bytes:
        """Return the whole HTTP answer, and remember who asked when."""
        now = time.monotonic()
        subject = path[1 : path.index("/", 1)] if path.count("/") > 1 else "nobody"
        targets, times = self.arrivals[subject]
        targets.append(target)
        times.append(now)
        if (subject, target) not in self.first:
            self.first[subject, target] = now
        fault_at, query = self.faults.get(target % self._services), path.partition("?")[2]
        tick = int((now - self.began) / RENDER_SECONDS)
        known = self._answers.get((fault_at, query))
        if known is None or known[0] != tick:
            moment = Moment(at=tick * RENDER_SECONDS, fault_at=fault_at)
            known = (tick, _http(self._template(self._names(query)).page(moment)))
            self._answers[fault_at, query] = known
        if self._own_labels:
            return known[1].replace(ANY_GPU, b'gpu="%05d-' % target)
        return known[1]

    def _names(self, query: str) -> tuple[str, ...]:
        return tuple(parse_qs(query).get("name[]", ())) if self._names_honoured else ()

    def begin_fault(self, service: int) -> float:
        """Let every request of a service fail from now on; return when, on the machine's clock."""
        tick = int((time.monotonic() - self.began) / RENDER_SECONDS)
        self.faults[service] = tick * RENDER_SECONDS
        return self.began + self.faults[service]

    def crossing(self, subject: str, service: int, *, targets: int, limit: float) -> float:
        """Return when the errors since a subject first looked went above this share of requests."""
        members = range(service, targets, self._services)
        first = [self.first[subject, target] - self.began for target in members]
        fault_at = self.faults[service]
        at = fault_at
        while True:
            bad, total = requests_so_far(Moment(at=at, fault_at=fault_at))
            before = sum(requests_so_far(Moment(at=seen))[1] for seen in first)
            if bad * len(first) > limit * (total * len(first) - before):
                return self.began + at
            at += 0.01


def _http(body: bytes) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Target(asyncio.Protocol):
    """One kept-alive connection to one target."""

    def __init__(self, fleet: Fleet, number: int) -> None:
        self._fleet = fleet
        self._number = number
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._held += data
        while b"\r\n\r\n" in self._held:
            request, _, self._held = self._held.partition(b"\r\n\r\n")
            path = request.split(b" ", 2)[1].decode()
            self._transport.write(self._fleet.answer(self._number, path))
        if len(self._held) > LIMIT_BYTES:
            self._transport.close()


async def serve(fleet: Fleet, *, targets: int, port: int, control: int) -> None:
    """Serve until the control port says stop."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in range(targets):
        listener = socket.create_server((address_of(number), port), backlog=BACKLOG)
        await loop.create_server(lambda n=number: Target(fleet, n), sock=listener)
    handle = Control(fleet, targets=targets, stop=stop).handle
    await asyncio.start_server(handle, "127.0.0.1", control)
    await stop.wait()


class Control:
    """The control port."""

    def __init__(self, fleet: Fleet, *, targets: int, stop: asyncio.Event) -> None:
        self._fleet = fleet
        self._targets = targets
        self._stop = stop

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry out one order a line; the fleet ends with the connection that controls it."""
        while line := await reader.readline():
            order = json.loads(line)
            answer = getattr(self, order.pop("do"))(**order)
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()
        self._stop.set()

    def arrivals(self, subject: str) -> list[list[float]]:
        """Return which target a subject asked, and when."""
        return [list(column) for column in self._fleet.arrivals[subject]]

    def forget(self) -> bool:
        """Forget the arrivals so far: a window begins."""
        self._fleet.arrivals.clear()
        return True

    def fault(self, service: int) -> float:
        """Let a service fail from now on."""
        return self._fleet.begin_fault(service)

    def crossing(self, subject: str, service: int, limit: float) -> float:
        """Return when a page rule was crossed."""
        return self._fleet.crossing(subject, service, targets=self._targets, limit=limit)


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("targets", "services", "port", "control"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument(
        "--ignore-names", action="store_true", help="answer name[] with all there is"
    )
    parser.add_argument("--own-labels", action="store_true", help="GPUs named by target")
    given = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    fleet = Fleet(
        services=given.services,
        names_honoured=not given.ignore_names,
        own_labels=given.own_labels,
    )
    asyncio.run(serve(fleet, targets=given.targets, port=given.port, control=given.control))


if __name__ == "__main__":
    main()
