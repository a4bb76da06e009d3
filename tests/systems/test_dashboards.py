"""Every query of every dashboard, asked of a real Prometheus: each answers, and with numbers."""

import json
import math
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import yaml
from typer.testing import CliRunner

from controlplane.cli import app
from controlplane.demo.processes import free_port
from tests.slo.dashboards.watched_slos import every_panel
from tests.systems.past_prometheus import prometheus_of

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None or shutil.which("promtool") is None,
    reason="prometheus is not installed",
)
PAST_HOURS, PAST_STEP = 12, 30
RATE_SECONDS, LOOK_SECONDS = 5, 4
WAIT_SECONDS = 60.0
SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: NAME}
spec:
  service: chat
  indicator:
    metadata: {name: answers}
    spec:
      ratioMetric:
        counter: true
        KIND: {metricSource: {type: Prometheus, spec: {query: 'requests_total{code="CODE"}'}}}
        total: {metricSource: {type: Prometheus, spec: {query: requests_total}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: DAYS, isRolling: true}]
  objectives: [{target: TARGET}]
"""
VARIABLES = {
    "$__rate_interval": f"{RATE_SECONDS}s",
    "$service": ".*",
    "$slo": ".*",
    "$instance": ".*",
}


def slo(name: str, kind: str, days: str, target: str) -> str:
    """An SLO that names its bad events, or its good ones."""
    code = "500" if kind == "bad" else "200"
    text = SLO.replace("NAME", name).replace("KIND", kind).replace("CODE", code)
    return text.replace("DAYS", days).replace("TARGET", target)


SLOS = slo("answers", "bad", "30d", "0.999") + "---\n" + slo("answers-week", "good", "7d", "0.99")


class Page(BaseHTTPRequestHandler):
    """A server of which every second answer fails."""

    def do_GET(self) -> None:
        count = int(time.monotonic() * 100)
        lines = (f'requests_total{{code="{code}"}} {count}' for code in ("200", "500"))
        self.send_response(200)
        self.end_headers()
        self.wfile.write("\n".join([*lines, ""]).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served_page() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def plane_of(page: str, folder: Path) -> Iterator[str]:
    """`trimtab up` in a process of its own."""
    address = f"127.0.0.1:{free_port()}"
    target = {"name": "page", "url": f"http://{page}/metrics", "service": "chat", "interval": "1s"}
    config = {
        "targets": [target],
        "slos": ["slos.yaml"],
        "notify": {"receivers": {"oncall": [{"kind": "log"}]}},
        "api": {"listen": address},
    }
    (folder / "trimtab.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "controlplane", "up", "-c", str(folder / "trimtab.yaml")]
    log = (folder / "plane.log").open("wb")
    with log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield address
        finally:
            process.terminate()


def past(until: float) -> str:
    """Half a day of a service that fails from time to time, and now."""
    begin, counts = until - PAST_HOURS * 3600, {"200": 0, "500": 0}
    lines: dict[str, list[str]] = {code: [] for code in counts}
    for number in range(PAST_HOURS * 3600 // PAST_STEP):
        failing = number % 200 < 20 or number > PAST_HOURS * 3600 // PAST_STEP - 100
        counts["200"] += 150 if failing else 300
        counts["500"] += 150 if failing else 0
        at = begin + number * PAST_STEP
        for code, count in counts.items():
            lines[code].append(f'requests_total{{code="{code}"}} {count} {at:.3f}')
    return "\n".join(["# TYPE requests counter", *lines["200"], *lines["500"], "# EOF", ""])


def trimtab(*words: object) -> str:
    made = CliRunner().invoke(app, list(map(str, words)))
    assert made.exit_code == 0, made.output
    return made.stdout


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A Prometheus that knows everything, and the folder with the dashboards."""

    url: str
    folder: Path

    def get(self, path: str, **fields: Any) -> Any:
        answer = httpx.post(f"{self.url}/api/v1/{path}", data=fields, timeout=30, trust_env=False)
        assert answer.is_success, answer.text
        return answer.json()["data"]

    def numbers(self, target: dict[str, Any]) -> list[float]:
        """Return all values that one query of a panel answers with."""
        query, now = filled(target["expr"]), time.time()  # noqa: TID251 -- Prometheus has this clock
        if target["instant"]:
            found = self.get("query", query=query, time=now)["result"]
            return [float(each["value"][1]) for each in found]
        span = {"start": now - LOOK_SECONDS, "end": now, "step": 1}
        found = self.get("query_range", query=query, **span)["result"]
        return [float(value) for each in found for _, value in each["values"]]


def filled(query: str) -> str:
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    return query


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("dashboards")
    slos = folder / "slos.yaml"
    slos.write_text(SLOS)
    (folder / "rules.yml").write_text(trimtab("slo", "rules", slos))
    trimtab("mixin", "--out", folder)
    for source in ("rules", "trimtab"):
        trimtab("slo", "dashboard", slos, "--from", source, "--out", folder / f"{source}.json")
    dump = folder / "past.om"
    dump.write_text(past(time.time() - 2))  # noqa: TID251 -- Prometheus has this clock
    with served_page() as page, plane_of(page, folder) as plane:
        jobs = {"trimtab": plane, "chat": page}
        config = {
            "global": dict.fromkeys(("scrape_interval", "evaluation_interval"), "1s"),
            "rule_files": ["rules.yml", "trimtab-rules.yml"],
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": [at]}]} for job, at in jobs.items()
            ],
        }
        config["global"]["scrape_timeout"] = "1s"
        with prometheus_of(dump, folder, config=yaml.safe_dump(config)) as url:
            found = Watched(url=url, folder=folder)
            wait_until_all_is_known(found)
            yield found


def wait_until_all_is_known(watched: Watched) -> None:
    """Wait for alerts of both, and for enough scrapes to take a rate of."""
    asked = [
        'ALERTS{alertname="SLOBurn",alertstate="firing",slo="answers-week"}',
        'ALERTS{alertname="SLOBurn",alertstate="firing",slo="answers"}',
        "trimtab_alert_firing == 1",
        'trimtab_deliveries_total{result="delivered"} > 0',
        'rate(trimtab_slo_events_total{slo="answers-week"}[5s]) > 0',
        'trimtab_loop_last_round_timestamp_seconds{loop="gpu"}',
    ]
    deadline = time.monotonic() + WAIT_SECONDS
    missing = asked
    while missing:
        missing = [query for query in missing if not watched.get("query", query=query)["result"]]
        assert time.monotonic() < deadline, f"not known: {missing}"
        time.sleep(0.2)
    time.sleep(LOOK_SECONDS)


@pytest.mark.parametrize("name", ["rules", "trimtab", "trimtab-dashboard"])
def test_every_query_of_every_panel_answers_with_numbers(watched: Watched, name: str) -> None:
    dashboard = json.loads((watched.folder / f"{name}.json").read_text())
    asked = [
        (panel["title"], target)
        for panel in every_panel(dashboard)
        for target in panel.get("targets", ())
    ]
    silent, odd = [], []
    for title, target in asked:
        numbers = watched.numbers(target)
        if not numbers:
            silent.append((title, target["expr"]))
        if not all(map(math.isfinite, numbers)):
            odd.append((title, target["expr"]))
    assert len(asked) > 15
    assert (silent, odd) == ([], [])


@pytest.mark.parametrize("name", ["rules", "trimtab", "trimtab-dashboard"])
def test_every_choice_has_values(watched: Watched, name: str) -> None:
    dashboard = json.loads((watched.folder / f"{name}.json").read_text())
    for variable in dashboard["templating"]["list"][1:]:
        series = variable["query"]["query"].removeprefix("label_values(").rpartition(",")[0]
        found = watched.get("series", **{"match[]": filled(series)})
        assert {each[variable["name"]] for each in found}


def test_every_rule_is_evaluated_and_a_plane_that_is_well_calls_nobody(watched: Watched) -> None:
    groups = httpx.get(f"{watched.url}/api/v1/rules", timeout=30, trust_env=False).json()
    rules = [rule for group in groups["data"]["groups"] for rule in group["rules"]]
    assert [rule["name"] for rule in rules if rule["health"] != "ok"] == []
    firing = {rule["name"] for rule in rules if rule.get("state") == "firing"}
    assert firing == {"SLOBurn"}


@pytest.mark.parametrize("name", ["rules", "trimtab"])
def test_either_source_says_how_fast_it_burns_just_now(watched: Watched, name: str) -> None:
    """Every second answer fails, of which one SLO allows one in 1,000, and one a hundred."""
    panels = list(every_panel(json.loads((watched.folder / f"{name}.json").read_text())))
    burns = [panel for panel in panels if panel["title"].startswith("Burn over")]
    shortest = burns[0], burns[len(burns) // 2]
    for panel, rate in zip(shortest, (500.0, 50.0), strict=True):
        numbers = watched.numbers(panel["targets"][1])
        assert numbers[-1] == pytest.approx(rate, rel=0.05)
