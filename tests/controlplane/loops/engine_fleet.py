"""Two instances behind an engine, and an SLO that is counted on its samples."""

import numpy as np

from controlplane.loops.engines import read_engines
from controlplane.slo_evaluation import evaluate_promise
from tests.controlplane.engines.engine_of_samples import EngineOfSamples
from tests.controlplane.small_world import SLO, World

BAD, GOOD = 'inference_requests_total{code="500"}', 'inference_requests_total{code="200"}'
OURS = SLO.replace('{model="resnet",code=~"5.."}', '{code=~"5.."}').replace('{model="resnet"}', "")
OURS = OURS.replace('{trimtab.dev/blame-by: "version,target"}', "{}")
MINE = OURS.replace("type: trimtab", "metricSourceRef: fleet").replace("availability", "mine")
STEP = 15.0


class Fleet:
    """Two instances behind an engine, of which the second restarts now and then."""

    def __init__(self, engine: EngineOfSamples) -> None:
        self.engine = engine
        self.counts = {name: np.zeros(2) for name in ("a", "b")}
        self.rng = np.random.default_rng(1)
        self.truth = np.zeros(2)
        self.scrapes = 0

    def scrape(self, at: float, *, share: float = 0.05) -> None:
        """Let a step of traffic pass, then have both scraped at moments of their own."""
        for name, offset in (("a", 0.0), ("b", 7.0)):
            gained = np.array([self.rng.poisson(20), self.rng.binomial(20, share)], dtype=float)
            if name == "b" and self.scrapes % 17 == 16:
                self.counts[name] = np.zeros(2)
            self.counts[name] = self.counts[name] + gained
            self.truth += gained if self.scrapes else 0.0
            good, bad = self.counts[name].tolist()
            self.engine.show(at + offset, name, {GOOD: good, BAD: bad})
        self.scrapes += 1


def more(url: str) -> str:
    return f'storage: {{engines: {{fleet: {{engine: prometheus, url: "{url}"}}}}}}\n'


def counts(world: World, name: str = "mine") -> tuple[int, int]:
    promise = world.plane.promises[name]
    found = evaluate_promise(promise, world.plane.counting, now=world.plane.now()).budget.counts
    return found.good, found.bad


async def pass_time(world: World, fleet: Fleet, steps: int, **how: float) -> None:
    for _ in range(steps):
        fleet.scrape(world.plane.now(), **how)
        world.clock.elapsed += STEP
        await read_engines(world.plane)


async def settle(world: World) -> None:
    """Wait until all that was scraped was read."""
    world.clock.elapsed += 30.0
    await read_engines(world.plane)


THRESHOLD = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: fast}
spec:
  service: resnet
  indicator:
    metadata: {name: METRIC}
    spec: {thresholdMetric: {metricSource: {metricSourceRef: fleet, spec: {query: METRIC}}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1d, isRolling: true}]
  objectives: [{op: lte, value: LIMIT, target: 0.9}]
"""


def threshold(metric: str, limit: float) -> str:
    """An SLO `fast`: readings of a metric on the engine are at most the limit."""
    return THRESHOLD.replace("METRIC", metric).replace("LIMIT", f"{limit:g}")
