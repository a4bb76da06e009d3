"""A plane that is pushed to, and nothing else: its configuration, its promises, its sums."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from controlplane.opening import open_plane
from controlplane.plane import Plane
from controlplane.spec import Config, parse_config
from controlplane.store.database import open_database
from probes.clock import Clock
from probes.otlp import Pushed, read_points
from tests.probes.otlp_requests import request

__all__ = ["CONFIG", "SLOS", "config_of", "open_pushed", "pushed", "sums"]

CONFIG = """
push:
  - {name: iris-fn, service: iris, match: {service.name: iris}}
  - {name: other-fn, service: other, match: {service.name: other, faas.name: f}}
slos: [slos.yaml]
"""
SLOS = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: answered}
spec:
  service: iris
  indicator:
    metadata: {name: answered}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {type: trimtab, spec: {query: 'sum(faas_errors_total{job="iris"})'}}}
        total: {metricSource: {type: trimtab, spec: {query: 'sum(faas_invocations_total)'}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 30m, isRolling: true}]
  objectives: [{displayName: answered, target: 0.99}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: quick}
spec:
  service: iris
  indicator:
    metadata: {name: quick}
    spec:
      thresholdMetric:
        metricSource: {type: trimtab, spec: {query: 'faas_invoke_duration_seconds'}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 30m, isRolling: true}]
  objectives: [{displayName: quick, op: lte, value: 0.1, target: 0.9}]
"""


def config_of(folder: Path, slos: str = SLOS) -> Config:
    """Write the SLO file and an empty database; return the configuration."""
    (folder / "slos.yaml").write_text(slos)
    open_database(f"sqlite:///{folder / 'trimtab.db'}").dispose()
    return parse_config(CONFIG, origin="trimtab.yaml")


@asynccontextmanager
async def open_pushed(
    folder: Path, clock: Clock | None = None, slos: str = SLOS
) -> AsyncIterator[Plane]:
    """Open a plane there. Leaving saves nothing: it is as if the process was killed."""
    config = config_of(folder, slos)
    async with open_plane(config, beside=folder, clock=clock, routers={}, notifiers={}) as plane:
        yield plane


def pushed(*metrics: object, **resource: object) -> tuple[Pushed, ...]:
    """What one resource pushes, as the receiver gets it."""
    return read_points(request(*metrics, **resource))


def sums(plane: Plane) -> dict[str, tuple[float, float]]:
    """Bad or good events, and all of them, by SLO."""
    return {
        name: (plane.counting.value(promise.part_key), plane.counting.value(promise.total_key))
        for name, promise in plane.promises.items()
    }
