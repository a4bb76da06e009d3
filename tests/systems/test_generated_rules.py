"""Generated rules in the real engine: they are valid, and they fire when ours does."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from controlplane.cli import app
from controlplane.promise import make_promise
from controlplane.replaying import replay
from slo import CountHistory, EvidenceGate, Objective, RatioSli, Severity, SloSpec, parse_selectors
from slo.rules import exact_groups
from tests.systems.past_prometheus import prometheus_of
from tests.systems.promtool import promtool, unit_test

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None or shutil.which("promtool") is None,
    reason="prometheus is not installed",
)
SLOTH = Path(__file__).parents[3] / "shared" / "data" / "sloth"
START, STEP, HOURS, PHASE = 1_767_225_600, 30, 12, 7
MINUTE = 60 // STEP
SHAPES = {
    "total-outage": [(120, 140, 1.0)],
    "ten-percent": [(120, 240, 0.1)],
    "slow-burn": [(60, 660, 0.008)],
    "short-spike": [(120, 121, 0.5)],
    "twice": [(120, 150, 0.1), (300, 320, 0.3)],
}
"""Incidents: from which minute to which, and the share of requests that fail; at 99.9 %."""


ASKED_BY_RULES = EvidenceGate(chance=1.1, min_bad=2)
"""What of the gate a Prometheus rule can say; ours asks besides whether it is more than chance."""


def spec_of(shape: str) -> SloSpec:
    return SloSpec(
        name=shape,
        service="chat",
        description="",
        objective=Objective(target=0.999, window=timedelta(days=30)),
        sli=RatioSli(
            bad=parse_selectors(f'requests_total{{shape="{shape}",code="500"}}'),
            total=parse_selectors(f'requests_total{{shape="{shape}"}}'),
        ),
        labels={},
    )


def gains_of(shape: str) -> tuple[np.ndarray, np.ndarray]:
    """Return all and bad requests by page."""
    rng = np.random.default_rng(len(shape))
    total = rng.poisson(300, HOURS * 60 * MINUTE)
    bad = np.zeros_like(total)
    for begin, end, share in SHAPES[shape]:
        pages = slice(begin * MINUTE, end * MINUTE)
        bad[pages] = rng.binomial(total[pages], share)
    total[0] = bad[0] = 0  # what the first page shows happened before
    return total, bad


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, lines = tmp_path_factory.mktemp("rules"), ["# TYPE requests counter"]
    for shape in SHAPES:
        total, bad = gains_of(shape)
        for code, gained in (("200", total - bad), ("500", bad)):
            for number, count in enumerate(np.cumsum(gained).tolist()):
                at = START + PHASE + number * STEP
                labels = f'shape="{shape}",code="{code}"'
                lines.append(f"requests_total{{{labels}}} {count} {at}")
    (folder / "past.om").write_text("\n".join([*lines, "# EOF", ""]))
    with prometheus_of(folder / "past.om", folder) as url:
        yield url


def fired_in_prometheus(url: str, shape: str, severity: str) -> list[tuple[float, float]]:
    """Return from when to when the engine says that the alert's expression holds."""
    promise = make_promise(spec_of(shape), sources=(), interval_seconds=STEP)
    ((_, rules),) = (group.values() for group in exact_groups(spec_of(shape), promise.rules))
    recordings = [rule for rule in rules if "record" in rule]
    query = next(rule["expr"] for rule in rules if rule["labels"].get("severity") == severity)
    for rule in recordings:  # no rules ran in that past: they are asked in place
        query = query.replace(f'{rule["record"]}{{slo="{shape}"}}', f"({rule['expr']})")
    asked = {"query": query, "start": START, "end": START + HOURS * 3600, "step": STEP}
    answer = httpx.post(f"{url}/api/v1/query_range", data=asked, timeout=60, trust_env=False)
    found = answer.json()["data"]["result"]
    times = [at for at, _ in found[0]["values"]] if found else []
    begins = [at for at in times if at - STEP not in times]
    return [
        (at, next(t for t in times if t >= at and t + STEP not in times) + STEP) for at in begins
    ]


def fired_here(shape: str, severity: Severity) -> list[tuple[float, float]]:
    total, bad = gains_of(shape)
    times = START + PHASE + np.arange(len(total)) * float(STEP)
    history = CountHistory(times=times, bad=np.cumsum(bad), total=np.cumsum(total))
    moments = START + np.arange(0, HOURS * 3600 + 1, STEP, dtype=float)
    promise = make_promise(spec_of(shape), sources=(), interval_seconds=STEP)
    found = replay(promise, history, moments, keep_firing_seconds=0.0, gate=ASKED_BY_RULES)
    end = START + HOURS * 3600.0 + STEP
    return [
        (each.fired_at, each.resolved_at or end)
        for each in found.episodes
        if each.severity is severity
    ]


@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("shape", SHAPES)
def test_prometheus_and_our_engine_fire_and_resolve_together(engine, shape, severity):
    theirs, ours = fired_in_prometheus(engine, shape, severity.value), fired_here(shape, severity)
    assert len(theirs) == len(ours)
    for there, here in zip(theirs, ours, strict=True):
        assert abs(there[0] - here[0]) <= STEP
        assert abs(there[1] - here[1]) <= STEP
    if severity is Severity.PAGE:
        assert len(ours) == {"short-spike": 0, "twice": 2}.get(shape, 1)


SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: answers}
spec:
  service: chat
  indicator:
    metadata: {name: answers}
    spec:
      ratioMetric:
        counter: true
        KIND: {metricSource: {type: Prometheus, spec: {query: 'requests_total{code="500"}'}}}
        total: {metricSource: {type: Prometheus, spec: {query: requests_total}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 30d, isRolling: true}]
  objectives: [{target: 0.999}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: fast}
spec:
  service: chat
  indicator:
    metadata: {name: seconds}
    spec: {thresholdMetric: {metricSource: {type: Prometheus, spec: {query: seconds}}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 28d, isRolling: true}]
  objectives: [{op: lte, value: 0.25, target: 0.99}]
"""


@pytest.mark.parametrize("kind", ["bad", "good"])
@pytest.mark.parametrize("form", ["exact", "sloth"])
def test_rules_of_our_slos_are_valid(form, kind, tmp_path):
    (tmp_path / "slos.yaml").write_text(SLO.replace("KIND", kind))
    made = CliRunner().invoke(app, ["slo", "rules", str(tmp_path / "slos.yaml"), "--form", form])
    assert made.exit_code == 0, made.stderr
    (tmp_path / "rules.yml").write_text(made.stdout)
    assert "SUCCESS" in promtool("check", "rules", str(tmp_path / "rules.yml"))


@pytest.mark.skipif(not SLOTH.exists(), reason="Sloth's files are not beside this tree")
def test_rules_of_sloth_s_examples_are_valid(tmp_path):
    for path in (SLOTH / "getting-started.yml", SLOTH / "raw-home-wifi.yml"):
        made = CliRunner().invoke(app, ["slo", "rules", str(path), "--form", "sloth"])
        (tmp_path / "rules.yml").write_text(made.stdout)
        assert "SUCCESS: 17 rules" in promtool("check", "rules", str(tmp_path / "rules.yml"))


def test_the_engine_s_own_unit_tests_pass(tmp_path):
    """An idle hour, failures that no series tells, an outage, and a service that vanishes."""
    (tmp_path / "slos.yaml").write_text(SLO.replace("KIND", "bad").partition("---")[0])
    made = CliRunner().invoke(app, ["slo", "rules", str(tmp_path / "slos.yaml")])
    (tmp_path / "rules.yml").write_text(made.stdout)
    labels = {"slo": "answers", "service": "chat"}
    page = {"exp_labels": {**labels, "severity": "page"}}
    page["exp_annotations"] = {
        "summary": "answers of chat burns its error budget",
        "description": "300 bad events within the window that burns.",
    }
    vanished = {"exp_labels": {**labels, "severity": "page"}}
    vanished["exp_annotations"] = {"summary": "nothing is known of answers of chat any more"}
    budget = 'slo:error_budget_remaining:ratio{slo="answers"}'
    unit_test(
        [
            {
                "name": "healthy, then idle: the budget is whole, and no NaN",
                "input_series": [
                    {"series": 'requests_total{code="200"}', "values": "0+60x60 3600+0x120"}
                ],
                "promql_expr_test": [
                    {
                        "expr": budget,
                        "eval_time": at,
                        "exp_samples": [{"labels": f'{budget[:-1]}, service="chat"}}', "value": 1}],
                    }
                    for at in ("30m", "150m")
                ],
                "alert_rule_test": [
                    {"alertname": "SLOBurn", "eval_time": "170m", "exp_alerts": []}
                ],
            },
            {
                "name": "an outage pages, and a service that vanishes does",
                "input_series": [
                    {"series": 'requests_total{code="200"}', "values": "0+60x60 3600+0x5 stale"},
                    {"series": 'requests_total{code="500"}', "values": "0+0x60 60+60x4 300 stale"},
                ],
                "alert_rule_test": [
                    {"alertname": "SLOVanished", "eval_time": "60m", "exp_alerts": []},
                    {"alertname": "SLOVanished", "eval_time": "80m", "exp_alerts": [vanished]},
                ],
            },
        ],
        tmp_path,
    )
