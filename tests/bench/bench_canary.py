"""Canary analysis measured: false alarms, delay, proof, and what a tick costs.

Run it with `python tests/bench/bench_canary.py [--runs 100]`; `--runs 2000` is the deep run. It
prints figures beside their goals and asserts none. All runs use the product's own code, on made-up
traffic with fixed seeds: 20 replicas, 50 canary requests per second.
"""

import argparse

from canary_cost import print_cost
from canary_frontier import print_frontier
from canary_gauges import print_gauges
from canary_goals import print_goals
from canary_warmup import print_warmup


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="rollouts per scenario")
    runs = parser.parse_args().runs
    print_cost()
    print_goals(runs)
    print_frontier(runs)
    print_gauges(runs)
    print_warmup(runs)


if __name__ == "__main__":
    main()
