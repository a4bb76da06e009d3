"""How fast a metrics page is read, against prometheus_client's parser in the same run.

Prints ratios and asserts nothing: `make bench` runs it. The page has 200 series in the families of a
model server; every read sees other numbers, as scrapes do.
"""

import timeit
from collections.abc import Callable
from statistics import median

from prometheus_client.parser import text_string_to_metric_families

from probes.exposition import Limits, read_slow
from probes.layout_cache import LayoutCache

EDGES = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "+Inf")
ROUNDS, READS = 9, 60


def page(turn: int) -> bytes:
    """Return a page of 200 series: ten versions with requests, one latency histogram, gauges."""
    lines = [
        "# HELP inference_requests_total Answers by code.",
        "# TYPE inference_requests_total counter",
    ]
    who = [f'model="resnet",version="{version}"' for version in range(10)]
    for number, labels in enumerate(who):
        for code in ("200", "400", "500", "503"):
            value = 1_000 * number + 17 * turn
            lines.append(f'inference_requests_total{{{labels},code="{code}"}} {value}.0')
    name = "inference_request_duration_seconds"
    lines += [f"# HELP {name} Whole time of a request.", f"# TYPE {name} histogram"]
    for number, labels in enumerate(who):
        for place, edge in enumerate(EDGES):
            lines.append(f'{name}_bucket{{{labels},le="{edge}"}} {number * place + turn}.0')
        lines.append(f"{name}_sum{{{labels}}} {turn * 0.123456789 + number}")
        lines.append(f"{name}_count{{{labels}}} {10 * number + turn}.0")
    for family in ("inference_in_flight", "inference_queue_depth", "gpu_memory_used_bytes"):
        lines += [f"# HELP {family} Just now.", f"# TYPE {family} gauge"]
        lines += [f"{family}{{{labels}}} {turn % 7}.0" for labels in who]
    return ("\n".join(lines) + "\n").encode()


def by_peer(body: bytes) -> int:
    """Read a page with prometheus_client, down to the last sample."""
    return sum(len(family.samples) for family in text_string_to_metric_families(body.decode()))


def microseconds(read: Callable[[bytes], object], bodies: list[bytes]) -> float:
    """Return the median time of one read."""
    return median(
        timeit.timeit(lambda: [read(body) for body in bodies], number=1) / len(bodies) * 1e6
        for _ in range(ROUNDS)
    )


def main() -> None:
    """Measure the three ways one after another and print what they take."""
    bodies = [page(turn) for turn in range(READS)]
    layouts = LayoutCache()
    series = len(layouts.read("page", bodies[0]).values)
    peer = microseconds(by_peer, bodies[:5])
    known = microseconds(lambda body: layouts.read("page", body), bodies)
    new = microseconds(lambda body: read_slow(body, Limits()), bodies[:5])
    print(f"one page of {series} series, {len(bodies[0])} bytes; median of {ROUNDS} rounds")
    print(f"prometheus_client {peer:9.1f} us    1.0x")
    print(f"known layout      {known:9.1f} us {peer / known:6.1f}x as fast")
    print(f"page never seen   {new:9.1f} us {peer / new:6.1f}x as fast")


if __name__ == "__main__":
    main()
