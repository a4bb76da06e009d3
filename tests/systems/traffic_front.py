"""Stands between control planes and a model server: passes everything on, and remembers orders of weights."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

__all__ = ["Front", "Order", "traffic_front"]

FENCING = "x-fencing-number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Weights that somebody asked for.

    Attributes:
        at: When it came, by time.monotonic.
        model: Whose traffic.
        replica: Of which replica.
        kind: ``traffic``, or ``mirror`` for shares of requests that are mirrored.
        weights: Shares in per cent by version.
        fencing: Under which number; 0 for none.
        status: What the model server answered.
    """

    at: float
    model: str
    replica: str
    kind: str
    weights: dict[str, float]
    fencing: int
    status: int


@dataclass(slots=True, kw_only=True)
class Front:
    """What passes here.

    Attributes:
        url: Its address.
        orders: All so far, as the model server took or refused them.
        hold: Whether the next order is kept at the door until `let_go` is set; then `held` is.
    """

    url: str = ""
    orders: list[Order] = field(default_factory=list)
    hold: bool = False
    held: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    def replicas_of(self, model: str) -> list[str]:
        """Return the replicas that were ever given orders for a model."""
        return sorted({each.replica for each in self.orders if each.model == model})

    async def keep_back(self) -> None:
        """Keep one order at the door, where somebody wants that."""
        if self.hold:
            self.hold = False
            self.held.set()
            await self.let_go.wait()

    def weights_of(
        self, model: str, version: str, since: int, *, kind: str = "traffic"
    ) -> list[float]:
        """Return the shares that a version was given since an order, without repeats."""
        taken = (each for each in self.orders[since:] if each.status == 200)
        standing = dict.fromkeys(self.replicas_of(model), 0.0)
        shares = []
        for each in taken:
            if (each.model, each.kind) == (model, kind):
                standing[each.replica] = each.weights.get(version, 0.0)
                shares.append(sum(standing.values()) / len(standing))
        return [
            share for place, share in enumerate(shares) if not place or share != shares[place - 1]
        ]


def _shares(kind: str, body: bytes) -> dict[str, float]:
    asked = json.loads(body or b"{}")
    if kind == "traffic" or not asked:
        return {str(version): float(share) for version, share in asked.items()}
    return {asked["version"]: asked["percent"]}


@asynccontextmanager
async def traffic_front(server: str, *, beside: Front | None = None) -> AsyncIterator[Front]:
    """Serve on a free port until the block ends.

    Args:
        server: What it stands before.
        beside: The front of another replica: orders to both are in one list.
    """
    front = Front(orders=[] if beside is None else beside.orders)
    async with aiohttp.ClientSession() as session:

        async def pass_on(request: web.Request) -> web.Response:
            return await _pass_on(front, session, server, request)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", pass_on)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        front.url = f"http://{host}:{port}"
        try:
            yield front
        finally:
            await runner.cleanup()


async def _pass_on(
    front: Front, session: aiohttp.ClientSession, server: str, request: web.Request
) -> web.Response:
    at, body = time.monotonic(), await request.read()
    fencing, kind = request.headers.get(FENCING, "0"), request.path.rpartition("/")[2]
    ordered = request.method != "GET" and kind in ("traffic", "mirror")
    if ordered:
        await front.keep_back()
    headers = {FENCING: fencing} if fencing != "0" else {}
    url = f"{server}{request.path_qs}"
    try:
        async with session.request(request.method, url, data=body, headers=headers) as answer:
            text = await answer.read()
    except aiohttp.ClientError as error:
        raise web.HTTPBadGateway(text=repr(error)) from error
    if ordered:
        order = Order(
            at=at,
            model=request.path.split("/")[3],
            replica=server,
            kind=kind,
            weights=_shares(kind, body),
            fencing=int(fencing),
            status=answer.status,
        )
        front.orders.append(order)
    return web.Response(status=answer.status, body=text, content_type=answer.content_type or None)
