"""What watching a fleet costs, beside Prometheus at the same moment on the same fleet.

Run it with `python tests/bench/bench_scrape.py [--quick] [--full] [--job slo|keep|both]`. It prints
figures and asserts none. Two jobs, each with both subjects side by side:

- slo: `trimtab up` with one SLO a service, against Prometheus with the 17 rules that Sloth makes for
  each SLO; afterwards services fail, and it is measured how long each takes to page.
- keep: `trimtab up` that keeps all series for an hour (`--recent`), against Prometheus without rules.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import prometheus_peer
import trimtab_peer
import yaml
from alert_race import Racer, race
from fleet_client import FleetPlan, running_fleet
from prometheus_peer import PROGRAM, running_prometheus
from scrape_window import Window, measure
from trimtab_peer import running_trimtab

GROWTH = (100, 500, 1000, 2000)
MORE_THAN_TRIMTAB = """\
What Prometheus does beyond this: it answers any PromQL query over any series, keeps all of them for
weeks (15 days unless told otherwise), survives restarts with every sample, federates, writes
remotely, discovers targets in dozens of ways, and serves dashboards. trimtab counts what its SLOs
select and forgets the rest. The ratios say what the SLO job costs, not which program is better."""


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--targets", type=int, default=500)
    parser.add_argument("--slos", type=int, default=100, help="one a service; targets in turn")
    parser.add_argument("--interval", type=float, default=5.0, help="seconds between scrapes")
    parser.add_argument("--window", type=float, default=60.0, help="seconds measured")
    parser.add_argument("--warm-up", type=float, default=20.0, help="seconds before that")
    parser.add_argument("--faults", type=int, default=20, help="services that fail; 0 for no race")
    parser.add_argument("--job", choices=("slo", "keep", "both"), default="both")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--recent", default="1h", help="keep all series so long: storage.recent")
    parser.add_argument("--trimtab", default="{}", help="further keys of trimtab.yaml, as YAML")
    parser.add_argument("--ignore-names", action="store_true", help="servers that know no name[]")
    parser.add_argument("--own-labels", action="store_true", help="no two pages look alike")
    parser.add_argument("--quick", action="store_true", help="100 targets, 15 s, 3 faults")
    parser.add_argument("--full", action="store_true", help=f"also {GROWTH} targets")
    given = parser.parse_args()
    if given.quick:
        given.targets, given.window, given.warm_up, given.faults = 100, 15.0, 12.0, 3
    return given


def main() -> None:
    """Run the jobs and print what they cost."""
    given = arguments()
    if PROGRAM is None:
        print(
            "Prometheus is not installed (apt-get install prometheus): trimtab is measured alone."
        )
    jobs = ("slo", "keep") if given.job == "both" else (given.job,)
    for job in jobs:
        windows, delays = [], {}
        for number in range(given.repeats):
            last = number == given.repeats - 1
            window, delays = run(given, job, targets=given.targets, faults=given.faults * last)
            windows.append(window)
        report(given, job, windows)
        for name, seconds in delays.items():
            print(f"  rule crossed -> page fires, {name}: {_spread(seconds)}")
    if given.full:
        growth(given, jobs)
    print(MORE_THAN_TRIMTAB)


def run(
    given: argparse.Namespace, job: str, *, targets: int, faults: int
) -> tuple[Window, dict[str, list[float]]]:
    """Run one job once: start all, warm up, measure, and let services fail."""
    plan = FleetPlan(
        targets=targets,
        services=min(given.slos, targets),
        interval=given.interval,
        names_honoured=not given.ignore_names,
        own_labels=given.own_labels,
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        running_fleet(plan) as fleet,
        racing(given, plan, job, Path(folder)) as racers,
    ):
        subjects = [racer.subject for racer in racers]
        time.sleep(given.warm_up)
        window = measure(fleet, subjects, seconds=given.window, interval=given.interval)
        delays = {}
        if job == "slo" and faults:
            services = range(0, plan.services, max(1, plan.services // faults))[:faults]
            delays = dict(race(fleet, racers, services))
    return window, delays


@contextmanager
def racing(
    given: argparse.Namespace, plan: FleetPlan, job: str, folder: Path
) -> Iterator[list[Racer]]:
    """Start the subjects of a job."""
    more: dict[str, Any] = yaml.safe_load(given.trimtab)
    if job == "keep" and given.recent:
        more |= {"storage": more.get("storage", {}) | {"recent": given.recent}}
    with ExitStack() as stack:
        racers = []
        if PROGRAM is not None:
            peer = running_prometheus(plan, "prometheus", folder=folder, rules=job == "slo")
            racers.append(Racer(subject=stack.enter_context(peer), paging=prometheus_peer.paging))
        ours = running_trimtab(plan, "trimtab", folder=folder, more=more)
        racers.append(Racer(subject=stack.enter_context(ours), paging=trimtab_peer.paging))
        yield racers


def report(given: argparse.Namespace, job: str, windows: Sequence[Window]) -> None:
    """Print the table of one job, its last window beside the median ratio of all."""
    series = {"slo": "with Sloth's rules", "keep": "without rules"}[job]
    kept = f"keeps all for {given.recent}" if given.recent and job == "keep" else "SLOs only"
    print(
        f"\nJob {job}: {given.targets} targets x 200 series each {given.interval:g} s, {given.slos} SLOs; "
        f"Prometheus {series}, trimtab {kept}; {given.window:g} s after {given.warm_up:g} s"
    )
    window = windows[-1]
    peer = window.costs.get("prometheus")
    print(
        "  subject      scrapes  CPU us/scrape   cores  RSS MiB  a minute  interval off p99    max"
    )
    for cost in window.costs.values():
        print(
            f"  {cost.subject:<11}{cost.scrapes:>9}{cost.microseconds:>15.0f}{cost.cores:>8.3f}"
            f"{cost.resident_mib:>9.0f}{cost.growth_mib / cost.wall_seconds * 60:>+10.1f}{cost.deviation(99):>17.1%}{cost.deviation(100):>7.1%}"
        )
    print(f"  {'fleet':<29}{window.fleet_microseconds:>6.0f}  for each answer, not counted above")
    print("  (memory is that of the first minutes: nobody holds an hour of samples yet)")
    if peer is None:
        return
    ours = [w.costs["trimtab"] for w in windows]
    theirs = [w.costs["prometheus"] for w in windows]
    cpu = [a.microseconds / b.microseconds for a, b in zip(ours, theirs, strict=True)]
    memory = [a.resident_mib / b.resident_mib for a, b in zip(ours, theirs, strict=True)]
    print(
        f"  trimtab / prometheus: CPU {median(cpu):.2f}, RSS {median(memory):.2f}"
        + (
            f" (medians of {len(cpu)}; CPU {min(cpu):.2f} to {max(cpu):.2f})"
            if len(cpu) > 1
            else ""
        )
    )


def _spread(seconds: Sequence[float]) -> str:
    missed = sum(np.isinf(seconds))
    seen = [value for value in seconds if np.isfinite(value)] or [float("nan")]
    places = {"min": 0, "median": 50, "p99": 99, "max": 100}
    said = ", ".join(f"{name} {np.percentile(seen, at):.1f} s" for name, at in places.items())
    return f"{said} of {len(seconds)}" + (f"; {missed} never fired" if missed else "")


def growth(given: argparse.Namespace, jobs: Sequence[str]) -> None:
    """Print how CPU grows with the fleet: the exponent of a power law through the sizes."""
    for job in jobs:
        print(f"\nGrowth, job {job}: CPU us/scrape at {GROWTH} targets")
        windows = [run(given, job, targets=targets, faults=0)[0] for targets in GROWTH]
        for name in windows[0].costs:
            costs = [window.costs[name] for window in windows]
            exponent = np.polyfit(np.log(GROWTH), np.log([cost.cores for cost in costs]), 1)[0]
            figures = "  ".join(f"{cost.microseconds:6.0f}" for cost in costs)
            memory = "  ".join(f"{cost.resident_mib:5.0f}" for cost in costs)
            print(f"  {name:<11} {figures}   exponent {exponent:.2f}   RSS MiB {memory}")


if __name__ == "__main__":
    main()
