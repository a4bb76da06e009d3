"""The process: bind, load, say so, serve, drain."""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from reference_server.app import Service, build_service
from reference_server.errors import CannotStart
from reference_server.settings import Settings

__all__ = ["serve"]


def serve(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; then let the requests inside finish, within limits.

    Args:
        settings: What to serve, and where.
        say: Given one line when the server answers.

    Raises:
        CannotStart: The address is taken, or a model cannot be had.
    """
    with _bind(settings.host, settings.port) as listener, build_service(settings) as service:
        address = _url(listener)
        config = uvicorn.Config(
            service.app,
            access_log=False,
            lifespan="off",
            log_level="warning",
            timeout_graceful_shutdown=settings.drain_seconds,
        )
        line = f"model server ready on {address} (models: {service.store.describe()})"
        server = _Server(config, service, lambda: say(line))
        gc.freeze()  # what is loaded stays: no collection need walk over it again
        _keep_quiet_about_signals()
        asyncio.run(server.serve([listener]))


class _Server(uvicorn.Server):
    """Says when it is ready, and takes no requests from the first signal on."""

    def __init__(
        self, config: uvicorn.Config, service: Service, on_ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._service = service
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._service.readiness.drain()
        super().handle_exit(sig, frame)


def _bind(host: str, port: int) -> socket.socket:
    """Take the address before the models are loaded; listening begins when they are."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP outright: asyncio turns off the delay of small packets for nothing else.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        msg = f"{host}:{port} cannot be listened on: {error.strerror}. --port 0 takes a free port."
        raise CannotStart(msg) from error
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _keep_quiet_about_signals() -> None:
    """Uvicorn raises its signals once more when it has stopped; a clean stop exits with 0."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
