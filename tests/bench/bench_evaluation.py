"""What it costs to hold many SLOs against eight windows each, at every tick; beside Prometheus.

Run it with `python tests/bench/bench_evaluation.py`. A tick is what the control plane does when pages
have been counted: remember all sums, and look at every window of every rule. Then a thousand of them
are shown on ``/metrics``, once the page's labels are known. The peer is a real Prometheus that is asked
the queries of Sloth's rules for one SLO of two series, over thirty days of history; it is asked, and
not left to its schedule, so that nothing else is measured. It prints figures and asserts none.
"""

import asyncio
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from time import process_time

import numpy as np
from bench_budget import ALL, ERRORS, START
from day_and_night import DAYS, day_and_night
from prometheus_history import asked, prometheus

from controlplane.counting import Counting
from controlplane.opening import open_plane
from controlplane.promise import make_promise
from controlplane.promise_book import PromiseBook
from controlplane.quick_look import QuickLook
from controlplane.slo_evaluation import begin_counting, evaluate_promise
from controlplane.slo_page import MOST_SLOS
from controlplane.spec import Config
from controlplane.store.counts import CountStore
from controlplane.store.database import open_database
from slo import Objective, RatioSli, Selector, SloSpec

TICKS = 200
NOW = START + DAYS * 86_400.0
LOOKS_BACK = (3 * 86_400.0, 86_400.0, 21_600.0, 7_200.0, 3_600.0, 1_800.0, 300.0)
SOURCES = frozenset({"a"})
SLOTH_WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
ASKED = 20
PAGES = 20


def main() -> None:
    """Print ours for more and more SLOs, then Prometheus."""
    print(f"{'SLOs':>6} {'tick ms':>8} {'us a SLO':>9}   of it: remember, look; one in full")
    each = 0.0
    for count in (100, 1_000, 10_000):
        remember, look, full = ours(count)
        tick = remember + look
        print(
            f"{count:6} {tick * 1e3:8.3f} {tick / count * 1e6:9.3f}"
            f"   {remember * 1e3:.3f} ms, {look * 1e3:.3f} ms; {full * 1e6:.0f} us"
        )
        each = tick / count if count == 1_000 else each
    print(f"/metrics with {MOST_SLOS:,} SLOs, CPU: {asyncio.run(shown()) * 1e3:.1f} ms")
    if shutil.which("promtool") is None or shutil.which("prometheus") is None:
        return print("Prometheus is not installed: nothing to compare with")
    theirs = of_prometheus()
    print(f"Prometheus, CPU of one evaluation of one SLO: {theirs * 1e3:.1f} ms")
    return print(f"ratio, at 1,000 SLOs: 1 / {theirs / each:,.0f}")


def ours(count: int) -> tuple[float, float, float]:
    """Return CPU seconds of remembering, of looking, and of one evaluation in full."""
    engine = open_database("sqlite://")
    counting = Counting(CountStore(engine), now=NOW - 4 * 86_400)
    promises = [make_promise(spec(at), sources=[], interval_seconds=1.0) for at in range(count)]
    for promise in promises:
        begin_counting(promise, counting, [], sources=SOURCES)
    series = [(f"{kind}_{at}", {}) for at in range(count) for kind in ("all", "bad")]
    rng, values = np.random.default_rng(1), np.zeros(len(series))
    look, spent = QuickLook(PromiseBook(promises)), [0.0, 0.0, 0.0]
    moments = [NOW - back - 30.0 for back in LOOKS_BACK] + [NOW + tick for tick in range(TICKS)]
    for at in moments:
        values += rng.poisson(np.tile((100.0, 0.03), count))
        counting.observe("a", series, values, started=None)
        begun = process_time()
        counting.mark(at)
        marked = process_time()
        look.suspects(counting, now=at)
        looked = process_time()
        evaluate_promise(promises[0], counting, now=at)
        if at >= NOW:
            for part, (since, until) in enumerate(
                ((begun, marked), (marked, looked), (looked, process_time()))
            ):
                spent[part] += until - since
        else:
            with engine.begin() as connection:
                counting.save(connection, now=at)
    return spent[0] / TICKS, spent[1] / TICKS, spent[2] / TICKS


async def shown() -> float:
    """Return CPU seconds of one page that shows as many SLOs as it may."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_plane(Config(), beside=Path(folder)) as plane:
            for at in range(MOST_SLOS):
                promise = make_promise(spec(at), sources=["a"], interval_seconds=1.0)
                plane.promises.put(promise)
                begin_counting(promise, plane.counting, [], sources=SOURCES)
            series = [(f"{kind}_{at}", {}) for at in range(MOST_SLOS) for kind in ("all", "bad")]
            rng, values, spent = np.random.default_rng(1), np.zeros(len(series)), 0.0
            for page in range(PAGES + 1):
                values += rng.poisson(np.tile((100.0, 0.03), MOST_SLOS))
                plane.counting.observe("a", series, values, started=None)
                plane.counting.mark(plane.now())
                begun = process_time()
                plane.telemetry.page()
                spent += (process_time() - begun) if page else 0.0
    return spent / PAGES


def spec(at: int) -> SloSpec:
    sli = RatioSli(total=(Selector(name=f"all_{at}"),), bad=(Selector(name=f"bad_{at}"),))
    objective = Objective(target=0.999, window=timedelta(days=30))
    return SloSpec(
        name=f"slo-{at}", service="s", description="", objective=objective, sli=sli, labels={}
    )


def of_prometheus() -> float:
    """Return CPU seconds of the seven ratios of one SLO."""
    ratios = [f"sum(rate({ERRORS}[{w}])) / sum(rate({ALL}[{w}]))" for w in SLOTH_WINDOWS]
    with (
        tempfile.TemporaryDirectory() as folder,
        prometheus(day_and_night(start=START), Path(folder)) as (client, peer),
    ):
        for query in ratios:
            asked(client, query, NOW)
        begun = peer.cpu_seconds()
        for _ in range(ASKED):
            for query in ratios:
                asked(client, query, NOW)
        return (peer.cpu_seconds() - begun) / ASKED


if __name__ == "__main__":
    main()
