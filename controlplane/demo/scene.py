"""The demo's fixed parts: what is configured, how fast time runs, and how each act is set up."""

from dataclasses import dataclass
from pathlib import Path

import yaml

__all__ = ["FAST", "MODEL", "NORMAL", "SERVICE", "Pace", "Ports", "write_scene"]

SERVICE = "file-types"
MODEL = "magika"
ALPHA = 0.05
"""Odds of 20 : 1 convict: with the 0.01 that is usual, one fast story in twenty would run long."""

SLOS = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: availability, displayName: Answers without a server error}
spec:
  description: 99 % of the requests of the last half hour get an answer that is no server error
  service: file-types
  indicator:
    metadata: {name: answered}
    spec:
      ratioMetric:
        counter: true
        bad:
          metricSource:
            type: trimtab
            spec: {query: 'sum(inference_requests_total{model="magika",code=~"5.."})'}
        total:
          metricSource:
            type: trimtab
            spec: {query: 'sum(inference_requests_total{model="magika"})'}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 30m, isRolling: true}]
  objectives: [{displayName: answered, target: 0.99}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: latency, displayName: Answers within half a second}
spec:
  description: 95 % of the requests of the last half hour are answered within half a second
  service: file-types
  indicator:
    metadata: {name: fast}
    spec:
      thresholdMetric:
        metricSource:
          type: trimtab
          spec: {query: 'inference_request_duration_seconds{model="magika"}'}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 30m, isRolling: true}]
  objectives: [{displayName: fast, op: lte, value: 0.5, target: 0.95}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: right-answers, displayName: Known questions are answered as before}
spec:
  description: 99 % of the questions whose answer is known are answered right
  service: file-types
  indicator:
    metadata: {name: golden}
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            type: trimtab
            spec: {query: 'sum(trimtab_probe_good_total{service="file-types",kind="inference"})'}
        total:
          metricSource:
            type: trimtab
            spec: {query: 'sum(trimtab_probe_total{service="file-types",kind="inference"})'}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 30m, isRolling: true}]
  objectives: [{displayName: right, target: 0.99}]
"""
"""Half an hour scales the Workbook's windows down: its three days become three minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the story goes.

    Attributes:
        rate: Requests a second.
        soak_seconds: Least time at each step.
        act_seconds: Most time for one act; an act that takes longer has failed.
        steps: Canary weights of the rollouts that begin small.
    """

    rate: float
    soak_seconds: float
    act_seconds: float
    steps: tuple[float, ...]


NORMAL = Pace(rate=40.0, soak_seconds=8.0, act_seconds=150.0, steps=(5.0, 25.0, 50.0))
FAST = Pace(rate=40.0, soak_seconds=3.0, act_seconds=75.0, steps=(10.0, 50.0, 75.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Loopback ports of this run."""

    model_server: int
    plane: int
    dashboard: int

    @property
    def model_server_url(self) -> str:
        """Address of the model server."""
        return f"http://127.0.0.1:{self.model_server}"

    @property
    def plane_url(self) -> str:
        """Address of the control plane."""
        return f"http://127.0.0.1:{self.plane}"

    @property
    def dashboard_url(self) -> str:
        """Address of the dashboard."""
        return f"http://127.0.0.1:{self.dashboard}"


def write_scene(folder: Path, ports: Ports, pace: Pace, *, webhook: str) -> Path:
    """Write trimtab.yaml and all it names into a folder; return its path."""
    (folder / "slos.yaml").write_text(SLOS)
    path = folder / "trimtab.yaml"
    path.write_text(yaml.safe_dump(_config(folder, ports, pace, webhook), sort_keys=False))
    return path


def _config(folder: Path, ports: Ports, pace: Pace, webhook: str) -> dict[str, object]:
    server = ports.model_server_url
    service = {
        "route": {"router": "reference-server", "url": server, "name": MODEL},
        "rollout": {
            "steps": list(pace.steps),
            "soak": f"{pace.soak_seconds:g}s",
            "horizon": "1h",
            "alpha": ALPHA,
        },
        "scale": {"min": 1, "max": 4, "in_flight": 4},
        "probes": [
            {"kind": "ready", "every": "1s"},
            {"kind": "inference", "every": "2s", "golden": "golden.json", "timeout": "5s"},
        ],
        "breaker": {"failure_rate": "50%", "window": "8s", "min_calls": 50, "open_for": "6s"},
    }
    return {
        "targets": [
            {
                "name": "model-server",
                "url": f"{server}/metrics",
                "service": SERVICE,
                "interval": "1s",
            }
        ],
        "slos": ["slos.yaml"],
        "services": {SERVICE: service},
        "notify": {
            "receivers": {
                "oncall": [
                    {"kind": "webhook", "url": webhook, "secret": f"file:{folder}/webhook.key"},
                    {"kind": "log"},
                ]
            },
            "keep_firing": "3s",
        },
        "storage": {"database": f"sqlite:///{folder}/trimtab.db"},
        "api": {"listen": f"127.0.0.1:{ports.plane}"},
        "telemetry": {"traces": "traces.jsonl"},
    }
