"""The demo's processes: started, waited for, and stopped together."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Awaitable, Callable
from pathlib import Path

from controlplane.errors import TrimtabError

__all__ = ["Processes", "free_port"]

STOP_SECONDS = 8.0
"""What a process gets between TERM and KILL."""

POLL_SECONDS = 0.1
LOG_TAIL = 600


def free_port() -> int:
    """Return a loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Processes:
    """Our own programs, each with a log file, none of which outlives the demo.

    Args:
        folder: Where logs go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, Process] = {}

    async def start(self, name: str, *arguments: str) -> None:
        """Start ``python -m ...`` under a name."""
        with self._log(name).open("ab") as log:
            self._running[name] = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *arguments,
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def until_ready(
        self, name: str, ready: Callable[[], Awaitable[bool]], *, within: float
    ) -> None:
        """Wait until it says that it is ready.

        Raises:
            TrimtabError: It ended or took too long; the message shows the end of its log.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while not await ready():
            ended = self._running[name].returncode
            if ended is not None or loop.time() > deadline:
                state = "is not ready in time" if ended is None else f"ended with code {ended}"
                tail = self._log(name).read_text(errors="replace")[-LOG_TAIL:]
                msg = f"The {name} {state}. Its log ends:\n{tail}"
                raise TrimtabError(msg, hint=f"the whole log is {self._log(name)}")
            await asyncio.sleep(POLL_SECONDS)

    def process(self, name: str) -> Process:
        """Return the one that was started last under a name."""
        return self._running[name]

    def kill(self, name: str) -> None:
        """End one at once, as kill -9 does; one that has ended already is let be."""
        _signal(self._running[name], signal.SIGKILL)

    async def stop(self) -> None:
        """Ask all to stop, newest first, and end by force what does not."""
        for process in reversed(self._running.values()):
            _signal(process, signal.SIGTERM)
        for process in self._running.values():
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                _signal(process, signal.SIGKILL)
                await process.wait()

    def _log(self, name: str) -> Path:
        return self._folder / f"{name.replace(' ', '-')}.log"


def _signal(process: Process, number: signal.Signals) -> None:
    """Signal a process and what it started: each leads a process group of its own."""
    if process.returncode is None:
        os.killpg(process.pid, number)
