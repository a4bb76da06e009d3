"""Pages that are nearly pages: whatever comes, it is read or refused, soon and without a trace.

The deep run (`make test-all`) goes on for ten minutes.
"""

import resource
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from probes.errors import UnreadableMetrics
from probes.exposition import Format, Limits, Page
from probes.layout_cache import LayoutCache

PAGES = sorted((Path(__file__).parents[3] / "shared" / "data" / "metrics-pages").glob("*.prom"))
OWN = b'# TYPE a counter\na_total{x="1"} 5 # {t="x"} 0.5 9\n{"b.c",y="\\\\"} 1 1000\nc_bucket{le="+Inf"} NaN\n'
PIECES = (
    *(b"{", b"}", b'"', b"\\", b"\n", b"#", b" # ", b"# EOF\n", b"# TYPE ", b"# HELP ", b",", b"="),
    *(b" ", b"\t", b"\r", b"\x00", b"\xff", b"\xc3", b"NaN", b"+Inf", b"1e999", b"-", b"0x", b"_"),
    *(b'x="' + b"\\" * 50, b"{" * 50, b'a="",' * 20, b" " * 200, "é".encode(), b"1" * 400),
)
SECONDS_A_PAGE = 2.0
MEBIBYTE = 1 << 20
TEN_MINUTES = 600.0
LONGEST_REASON = 1000


def mutated(rng: np.random.Generator, body: bytes) -> bytes:
    """Cut, repeat, swap or insert a few times."""
    found = bytearray(body)
    for _ in range(rng.integers(1, 7)):
        at, to = sorted(rng.integers(0, len(found) + 1, size=2).tolist())
        to = min(to, at + (1, 8, 200)[rng.integers(3)])
        way = rng.integers(4)
        if way == 0:
            del found[at:to]
        elif way == 1:
            found[at:at] = found[at:to]
        elif way == 2:
            found[at:to] = PIECES[rng.integers(len(PIECES))]
        else:
            found[at:at] = PIECES[rng.integers(len(PIECES))]
    return bytes(found)


def read(cache: LayoutCache, name: str, body: bytes, form: Format, wanted: frozenset[str]) -> None:
    try:
        page = cache.read(name, body, form, Limits(), wanted)
    except UnreadableMetrics as error:
        reason = str(error)
    else:
        assert isinstance(page, Page)
        assert len(page.values) == len(page.layout.series)
        return
    assert 0 < len(reason) < LONGEST_REASON


def fuzz(seconds: float, seed: int) -> tuple[int, float]:
    """Return how many pages were read, and how many MiB the peak of memory grew after a while."""
    rng, cache = np.random.default_rng(seed), LayoutCache()
    bodies = [OWN, *(path.read_bytes()[:20_000] for path in PAGES)]
    until, count, settled = time.monotonic() + seconds, 0, 0
    while (now := time.monotonic()) < until:
        body = mutated(rng, bodies[rng.integers(len(bodies))])
        form = list(Format)[rng.integers(2)]
        wanted = frozenset(("a_total", "b.c")[: rng.integers(3)])
        read(cache, str(rng.integers(50)), body, form, wanted)
        assert time.monotonic() - now < SECONDS_A_PAGE
        count += 1
        if until - now > seconds / 2:
            settled = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - settled
    return count, grown * 1024 / MEBIBYTE


def test_pages_that_are_nearly_pages_do_no_harm():
    count, _ = fuzz(5.0, seed=1)
    assert count > 100


@pytest.mark.slow
def test_nor_do_they_in_ten_minutes(capsys):
    count, grown = fuzz(TEN_MINUTES, seed=2)
    with capsys.disabled():
        told = f"{count} pages in {TEN_MINUTES:g} s, no crash, no hang"
        sys.stdout.write(f"\n{told}; memory grew {grown:.1f} MiB\n")
    assert grown < 32.0
