"""A past asked of a real engine, Prometheus or VictoriaMetrics, is the past that its samples tell, event by event."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from controlplane.cli import app
from controlplane.engines.openmetrics_file import OpenMetricsFile
from controlplane.engines.prometheus import EnginePast, PrometheusEngine
from controlplane.errors import EngineError
from controlplane.slo_files import read_slo_files
from tests.systems.past_prometheus import prometheus_of
from tests.systems.past_victoria import PROGRAM, victoria_of

ENGINES = {
    "prometheus": (prometheus_of, ("prometheus", "promtool")),
    "victoria-metrics": (victoria_of, (PROGRAM,)),
}
START, STEP, HOURS = 1_767_225_600, 15, 20
SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: availability}
spec:
  service: chat
  indicator:
    metadata: {name: errors}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {type: Prometheus, spec: {query: 'sum(requests_total{code="500"})'}}}
        total: {metricSource: {type: Prometheus, spec: {query: sum(requests_total)}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1d, isRolling: true}]
  objectives: [{target: 0.99}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: fast}
spec:
  service: chat
  indicator:
    metadata: {name: seconds}
    spec:
      thresholdMetric: {metricSource: {type: Prometheus, spec: {query: seconds}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1d, isRolling: true}]
  objectives: [{op: lte, value: 0.5, target: 0.9}]
"""


def dump(path: Path) -> dict[str, int]:
    """Write two replicas of which one restarts, and return the truth, added event by event."""
    truth = {"bad": 0, "total": 0, "slow": 0}
    series: dict[str, list[str]] = {}
    for replica, restart in (("a", 10**9), ("b", 2000)):
        counters = {"200": 0, "500": 0, "fast": 0}
        for number, (total, bad, fast) in enumerate(traffic(seed=restart)):
            if number == restart:
                counters = dict.fromkeys(counters, 0)
            for key, gained in (("200", total - bad), ("500", bad), ("fast", fast)):
                counters[key] += gained
            if number:  # what the first page shows happened before
                for key, gained in (("bad", bad), ("total", total), ("slow", total - fast)):
                    truth[key] += gained
            for head, value in page(replica, counters):
                series.setdefault(head, []).append(f"{head} {value} {START + number * STEP}\n")
    path.write_text(openmetrics(series))
    return truth


def openmetrics(series: dict[str, list[str]]) -> str:
    text = ""
    for family, kind in (("requests", "counter"), ("seconds", "histogram")):
        own = (lines for head, lines in sorted(series.items()) if head.startswith(family))
        text += f"# TYPE {family} {kind}\n" + "".join(line for lines in own for line in lines)
    return text + "# EOF\n"


def traffic(seed: int) -> Iterator[tuple[int, int, int]]:
    """Yield requests, failures and fast ones of each page; for 25 minutes half of them fail."""
    rng = np.random.default_rng(seed)
    for number in range(HOURS * 3600 // STEP):
        total = int(rng.poisson(20))
        bad = int(rng.binomial(total, 0.5 if 1000 <= number < 1100 else 0.001))
        yield total, bad, int(rng.binomial(total, 0.95))


def page(replica: str, counters: dict[str, int]) -> list[tuple[str, int]]:
    whole = counters["200"] + counters["500"]
    return [
        (f'requests_total{{code="200",instance="{replica}"}}', counters["200"]),
        (f'requests_total{{code="500",instance="{replica}"}}', counters["500"]),
        (f'seconds_bucket{{le="0.5",instance="{replica}"}}', counters["fast"]),
        (f'seconds_bucket{{le="+Inf",instance="{replica}"}}', whole),
        (f'seconds_count{{instance="{replica}"}}', whole),
        (f'seconds_sum{{instance="{replica}"}}', whole),
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("past")


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, int]:
    (folder / "slos.yaml").write_text(SLO)
    return dump(folder / "past.om")


@pytest.fixture(scope="module", params=ENGINES)
def engine(folder: Path, truth: dict[str, int], request: pytest.FixtureRequest) -> Iterator[str]:
    assert truth["total"] > 0
    start, programs = ENGINES[request.param]
    if any(shutil.which(program) is None for program in programs):
        pytest.skip(f"{request.param} is not installed")
    with start(folder / "past.om", folder) as url:
        yield url


def test_engine_and_dump_tell_the_same_and_the_truth(engine, folder, truth):
    slos = read_slo_files((str(folder / "slos.yaml"),), beside=folder)
    pasts = [EnginePast(PrometheusEngine(engine)), OpenMetricsFile(folder / "past.om")]
    for slo in slos:
        for past in pasts:
            found = past.of(slo, since=START - 3600.0, until=START + HOURS * 3600.0, progress=print)
            counted = found.counts.since(START - 1.0, START + HOURS * 3600.0)
            expected = truth["bad"] if slo.name == "availability" else truth["slow"]
            assert (counted.bad, counted.total) == (expected, truth["total"])
    pasts[0].close()


def test_the_engine_says_since_when_it_knows(engine, folder):
    slo = read_slo_files((str(folder / "slos.yaml"),), beside=folder)[0]
    past = EnginePast(PrometheusEngine(engine))
    late = past.of(slo, since=START - 86_400.0, until=START + 60.0, progress=print)
    assert late.notes == ("the engine knows of it only since 24.0 hours after the beginning",)
    never = past.of(slo, since=START - 86_400.0, until=START - 80_000.0, progress=print)
    assert never.notes == ("the engine knows nothing of it in this time",)
    past.close()


def test_a_replay_from_the_command_line_tells_the_outage(engine, folder, truth):
    end = START + HOURS * 3600
    asked = ["slo", "replay", str(folder / "slos.yaml"), "--until", str(end), "--since", "20h"]
    by_engine = CliRunner().invoke(app, [*asked, "--from", engine])
    by_file = CliRunner().invoke(app, [*asked, "--from", str(folder / "past.om")])
    assert by_engine.exit_code == 0, by_engine.output
    assert by_engine.stdout == by_file.stdout
    assert f"{truth['bad']}\t{truth['total']}" in by_engine.stdout
    assert "availability: 2026-01-01T04:1" in by_engine.stdout
    assert " page, over after " in by_engine.stdout
    outage = "2026-01-01T04:09:00Z/2026-01-01T04:36:00Z"
    without = CliRunner().invoke(app, [*asked, "--from", engine, "--exclude", outage])
    assert "page, over" not in without.stdout


@pytest.mark.parametrize("wrong", ["http://127.0.0.1:9", "http://127.0.0.1:9/x?"])
@pytest.mark.usefixtures("truth")
def test_an_engine_that_is_not_there_is_told(wrong, folder):
    slo = read_slo_files((str(folder / "slos.yaml"),), beside=folder)[0]
    past = EnginePast(PrometheusEngine(wrong))
    with pytest.raises(EngineError, match="cannot be asked: ConnectError"):
        past.of(slo, since=0.0, until=60.0, progress=print)
