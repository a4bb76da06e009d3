"""`trimtab up` as a subject: the same targets and one OpenSLO file for each service."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from fleet_client import FleetPlan
from prometheus_peer import FAMILY, OBJECTIVE, service_name
from subject import Subject, running

from controlplane.demo.processes import free_port


@contextmanager
def running_trimtab(
    plan: FleetPlan,
    name: str,
    *,
    folder: Path,
    more: Mapping[str, Any],
    prefix: tuple[str, ...] = (),
) -> Iterator[Subject]:
    """Start the control plane on the fleet.

    Args:
        plan: The fleet.
        name: Of the subject.
        folder: Where its files go.
        more: Further keys of trimtab.yaml.
        prefix: A program that runs it, for example a profiler.
    """
    port = free_port()
    folder = folder / name
    (folder / "slos").mkdir(parents=True)
    for service in range(plan.services):
        (folder / "slos" / f"{service_name(service)}.yaml").write_text(
            yaml.safe_dump(_slo(service))
        )
    config = _config(plan, name, port) | dict(more)
    (folder / "trimtab.yaml").write_text(yaml.safe_dump(config))
    command = [*prefix, sys.executable, "-m", "controlplane", "up", "-c", "trimtab.yaml"]
    url = f"http://127.0.0.1:{port}"
    with running(name, command, folder=folder, url=url, ready="/readyz") as subject:
        yield subject


def _config(plan: FleetPlan, name: str, port: int) -> dict[str, Any]:
    return {
        "targets": [
            {
                "name": f"target-{target:05d}",
                "url": plan.url(target, name),
                "service": service_name(service),
                "interval": f"{plan.interval:g}s",
                "timeout": f"{min(2.0, plan.interval):g}s",
            }
            for service in range(plan.services)
            for target in plan.members(service)
        ],
        "slos": ["slos/*.yaml"],
        "api": {"listen": f"127.0.0.1:{port}"},
    }


def _slo(service: int) -> dict[str, Any]:
    def source(query: str) -> dict[str, Any]:
        return {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}

    ratio = {
        "counter": True,
        "bad": source(f'sum({FAMILY}{{code=~"5.."}})'),
        "total": source(f"sum({FAMILY})"),
    }
    name = service_name(service)
    return {
        "apiVersion": "openslo/v1",
        "kind": "SLO",
        "metadata": {"name": f"{name}-availability"},
        "spec": {
            "service": name,
            "indicator": {"metadata": {"name": "answered"}, "spec": {"ratioMetric": ratio}},
            "timeWindow": [{"duration": "30d", "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "objectives": [{"target": OBJECTIVE}],
        },
    }


def paging(subject: Subject) -> set[str]:
    """Return the services of whom trimtab says that a page fires."""
    return {
        alert["labels"]["service"]
        for alert in subject.get("/v1/alerts")["items"]
        if alert["state"] == "firing" and alert["severity"] == "page"
    }
