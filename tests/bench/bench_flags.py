"""What it costs to say which version a key is given: the hash alone, and the whole answer.

The whole answer goes through the API's layers without a socket; a socket adds what any server's does.
"""

import asyncio
import json
import tempfile
import time
from pathlib import Path

from controlplane.app import make_api
from controlplane.decide.flags import version_for
from tests.controlplane.small_world import FLAG_ROUTE, Surroundings, open_world

HASHES, ANSWERS = 100_000, 5_000
PATH = "/ofrep/v1/evaluate/flags/resnet"


async def asked(app, number: int) -> int:
    """Ask once as a server would hand it over; return the status."""
    body = json.dumps({"context": {"targetingKey": f"user-{number}"}}).encode()
    statuses: list[int] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")],
        "app": app,
    }

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0]


async def whole_answers(folder: Path) -> float:
    """Return microseconds of an answer."""
    async with open_world(
        Surroundings(folder=folder, address="http://127.0.0.1:1"), change=FLAG_ROUTE
    ) as world:
        await world.plane.routers["resnet"].set_weights({"1": 95.0, "2": 5.0})
        app = make_api()
        app.state.plane = world.plane
        assert await asked(app, 0) == 200
        begun = time.perf_counter()
        for number in range(ANSWERS):
            await asked(app, number)
        return (time.perf_counter() - begun) / ANSWERS * 1e6


def hashes() -> float:
    """Return microseconds of a decision between two versions."""
    weights = {"1": 95.0, "2": 5.0}
    begun = time.perf_counter()
    for number in range(HASHES):
        version_for("resnet", f"user-{number}", weights)
    return (time.perf_counter() - begun) / HASHES * 1e6


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        answer = asyncio.run(whole_answers(Path(folder)))
    print("which version a key is given     us     per second on one core")
    for name, cost in (("the hash, of two versions", hashes()), ("a whole OFREP answer", answer)):
        print(f"  {name:<28} {cost:7.1f} {1e6 / cost:12,.0f}")


if __name__ == "__main__":
    main()
