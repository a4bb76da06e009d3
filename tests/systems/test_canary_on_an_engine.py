"""Canaries that a real Prometheus remembers: judged as the same samples in a file, and by Kayenta's queries."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import orjson
import pytest
from typer.testing import CliRunner

from controlplane.cli import app
from tests.systems.past_prometheus import prometheus_of

START, STEP, MINUTES = 1_767_225_600, 15, 60
REPLICAS = 3
RUNNER = CliRunner()
ASKED = 'sum(rate(requests_total{version="${scope}"}[2m]))'
FAILED = 'sum(rate(requests_total{code="500",version="${scope}"}[2m]))'
OURS = [
    *(
        "--baseline",
        'version="1"',
        "--canary",
        'version="2"',
        "--bad",
        'requests_total{code="500"}',
    ),
    *("--total", "requests_total"),
]


def write_dump(path: Path) -> None:
    """An hour of two versions, three replicas each; the second one fails fifty times as often."""
    rng = np.random.default_rng(3)
    lines: dict[str, list[str]] = {}
    for version, rate in (("1", 0.001), ("2", 0.05)):
        for replica in range(REPLICAS):
            total, bad = 0, 0
            for tick in range(MINUTES * 60 // STEP + 1):
                for code, count in (("200", total - bad), ("500", bad)):
                    labels = f'version="{version}",pod="{version}{replica}",code="{code}"'
                    head = f"requests_total{{{labels}}}"
                    line = f"{head} {count} {START + tick * STEP}\n"
                    lines.setdefault(head, []).append(line)
                asked = int(rng.poisson(40))
                total += asked
                bad += int(rng.binomial(asked, rate))
    body = "".join(line for head in sorted(lines) for line in lines[head])
    path.write_text(f"# TYPE requests counter\n{body}# EOF\n")


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        pytest.skip("prometheus is not installed")
    folder = tmp_path_factory.mktemp("past")
    write_dump(folder / "dump.om")
    with prometheus_of(folder / "dump.om", folder) as url:
        yield folder / "dump.om", url


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_an_engine_gives_the_verdict_of_the_same_samples_in_a_file(past: tuple[Path, str]) -> None:
    dump, url = past
    end = START + MINUTES * 60
    times = ["--since", f"{MINUTES}m", "--until", str(end), "-o", "json"]
    here = RUNNER.invoke(app, ["canary", "judge", "--file", str(dump), *OURS, *times])
    there = RUNNER.invoke(app, ["canary", "judge", "--from", url, *OURS, *times])
    assert (here.exit_code, there.exit_code) == (1, 1), there.output
    ours, theirs = orjson.loads(here.stdout), orjson.loads(there.stdout)
    assert ours["decision"] == theirs["decision"] == "rollback"
    assert ours["result"] == theirs["result"]
    assert ours["recording"] == theirs["recording"]


def write_request(path: Path, *, version: str) -> None:
    promql = f"PromQL:{FAILED} / {ASKED}"
    scope = {"start": iso(START + 120), "end": iso(START + MINUTES * 60), "step": 60}
    request = {
        "canaryConfig": {
            "name": "errors",
            "metrics": [
                {
                    "name": "error share",
                    "query": {
                        "type": "prometheus",
                        "serviceType": "prometheus",
                        "customInlineTemplate": promql,
                    },
                    "groups": ["errors"],
                    "analysisConfigurations": {
                        "canary": {"direction": "increase", "critical": True}
                    },
                },
                {
                    "name": "requests",
                    "query": {"type": "prometheus", "customInlineTemplate": f"PromQL:{ASKED}"},
                    "groups": ["errors"],
                },
                {
                    "name": "of nobody",
                    "query": {"type": "prometheus", "customInlineTemplate": "PromQL:absent_series"},
                    "groups": ["errors"],
                },
            ],
            "classifier": {"groupWeights": {"errors": 100}},
        },
        "executionRequest": {
            "thresholds": {"pass": 95, "marginal": 75},
            "scopes": {
                "default": {
                    "controlScope": {"scope": "1", **scope},
                    "experimentScope": {"scope": version, **scope},
                }
            },
        },
    }
    path.write_bytes(orjson.dumps(request))


@pytest.mark.parametrize(
    ("version", "ends"),
    [("2", (1, "Fail", "High")), ("1", (0, "Pass", "Pass"))],
    ids=["a canary that fails", "the baseline against itself"],
)
def test_kayentas_own_queries_are_asked_and_judged(
    past: tuple[Path, str], tmp_path: Path, version: str, ends: tuple[int, str, str]
) -> None:
    (_, url), (code, decision, label) = past, ends
    write_request(tmp_path / "request.json", version=version)
    asked = ["canary", "judge", "--judge", "kayenta", "--config", str(tmp_path / "request.json")]
    found = RUNNER.invoke(app, [*asked, "--from", url, "-o", "json"])
    assert found.exit_code == code, found.output
    verdict = orjson.loads(found.stdout)
    assert verdict["decision"] == decision
    shares, _, nobody = verdict["result"]["metrics"]
    assert (shares["found"]["label"], shares["canary_points"]) == (label, MINUTES - 1)
    assert nobody["found"]["label"] == "Nodata"
    assert 'version="1"' in verdict["queries"]["error share"]["baseline"]
    (tmp_path / "verdict.json").write_text(found.stdout)
    again = RUNNER.invoke(app, ["canary", "judge", "--recompute", str(tmp_path / "verdict.json")])
    assert again.exit_code == 0, again.output
    verdict["points"]["error share"]["canary"] = [0.9] * (MINUTES - 1)
    (tmp_path / "verdict.json").write_bytes(orjson.dumps(verdict))
    changed = RUNNER.invoke(app, ["canary", "recompute", str(tmp_path / "verdict.json")])
    assert changed.exit_code == 1
    plain = RUNNER.invoke(app, [*asked, "--from", url])
    assert "error share" in plain.output


def test_a_request_needs_an_engine_and_one_series(past: tuple[Path, str], tmp_path: Path) -> None:
    _, url = past
    path = tmp_path / "request.json"
    write_request(path, version="2")
    asked = ["canary", "judge", "--judge", "kayenta", "--config", str(path)]
    refused = RUNNER.invoke(app, asked)
    assert refused.exit_code == 2
    assert "--from http://prometheus:9090" in refused.output
    text = path.read_text().replace("PromQL:absent_series", "PromQL:requests_total")
    path.write_text(text)
    many = RUNNER.invoke(app, [*asked, "--from", url])
    assert many.exit_code == 2
    assert "gives 12 series; one for each arm is judged" in many.output
