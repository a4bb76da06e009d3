"""What users pay for a mirror: their requests' times without one, with one, and with one that is sick.

One real server in this process, a model of four multiplications (so what is left is the server's own
cost), one request after the other. Copies use the same cores: that is what they can cost. Each way is
tried in turn several times, as the machine is not ours alone.
"""

import asyncio
import tempfile
from pathlib import Path
from time import perf_counter

import httpx
import numpy as np

from reference_server.app import Service, build_service
from reference_server.catalogue import find_models
from reference_server.settings import Settings

REQUESTS, ROUNDS = 600, 5
FLOWER = {"inputs": [{"name": "float_input", "shape": [1, 2], "datatype": "FP32", "data": [5, 3]}]}
WAYS = {
    "no mirror": (0.0, {}),
    "10 % mirrored": (10.0, {}),
    "all mirrored": (100.0, {}),
    "all, and copies fail": (100.0, {"error_share": 1.0}),
    "all, and copies take 100 ms": (100.0, {"latency_ms": 100.0}),
}


async def times(client: httpx.AsyncClient, percent: float, faults: dict[str, float]) -> list[float]:
    """Return milliseconds of the users' requests."""
    await client.put("/v2/models/m/versions/2/faults", json=faults)
    await client.put("/v2/models/m/mirror", json={"version": "2", "percent": percent})
    found = []
    for _ in range(REQUESTS):
        begun = perf_counter()
        answer = await client.post("/v2/models/m/infer", json=FLOWER)
        found.append((perf_counter() - begun) * 1e3)
        assert answer.status_code == 200
    await client.delete("/v2/models/m/mirror")
    await asyncio.sleep(0.3)
    return found


async def measure(service: Service) -> dict[str, list[float]]:
    """Return the times of every way."""
    transport = httpx.ASGITransport(app=service.app)
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
        await times(client, 100.0, {})  # warm
        for _ in range(ROUNDS):
            for way, (percent, faults) in WAYS.items():
                found[way] += await times(client, percent, faults)
        page = (await client.get("/metrics")).text
    wanted = ("inference_requests_total", "inference_mirrored_requests_total", "mirror_dropped")
    for line in page.splitlines():
        if any(name in line for name in wanted) and line[0] != "#" and not line.endswith(" 0.0"):
            print(f"  {line}")
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        path = find_models(["iris"], cache=cache, versions=[])[0].path
        settings = Settings(models=(f"m={path}:1", f"m={path}:2"), cache_dir=cache, faults=True)
        with build_service(settings) as service:
            found = asyncio.run(measure(service))
    print(f"users' requests, {REQUESTS * ROUNDS} each        p50 ms   p99 ms")
    for way, taken in found.items():
        low, high = np.percentile(taken, [50, 99])
        print(f"  {way:<30} {low:8.2f} {high:8.2f}")


if __name__ == "__main__":
    main()
