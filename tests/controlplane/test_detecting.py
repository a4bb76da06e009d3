"""detect, init and doctor, against a server that answers."""

import orjson
import pytest
from aiohttp import web
from typer.testing import CliRunner

from controlplane.cli import app
from controlplane.detecting import look_at
from controlplane.diagnosis import Level, diagnose
from controlplane.errors import InvalidConfig
from controlplane.first_config import write_first_config
from controlplane.spec import load_config

pytestmark = pytest.mark.anyio
PAGE = """inference_requests_total{model="m",version="1",code="200"} 5
inference_request_duration_seconds_bucket{model="m",version="1",le="0.5"} 5
inference_request_duration_seconds_bucket{model="m",version="1",le="+Inf"} 5
inference_request_duration_seconds_count{model="m",version="1"} 5
"""


@pytest.fixture
async def server(serve) -> str:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/metrics":
            return web.Response(text=PAGE)
        return web.Response(status=404)

    return await serve(answer)


async def test_a_server_is_detected_by_its_page(server):
    found = await look_at(f"{server}/metrics", service="resnet")
    (system,) = found.systems
    assert (system.system, system.confidence) == ("reference-server", "certain")
    assert [one.model_dump()["model"] for one in system.models] == ["m"]
    indicators = {one.name: one for one in system.indicators}
    assert indicators["availability"].source == "HTTP counter of the server"
    assert indicators["latency"].edges == (0.5,)
    assert system.blind_spots


async def test_a_fresh_server_is_detected_by_its_api(serve):
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/metrics":
            return web.Response(text="python_info 1\n")
        if request.path == "/v2":
            return web.json_response({"name": "mlserver", "version": "1.7.1", "extensions": []})
        return web.Response(status=404)

    found = await look_at(f"{await serve(answer)}/metrics", service="resnet")
    assert [(one.system, one.confidence) for one in found.systems] == [("mlserver", "likely")]


async def test_what_is_not_there_is_told(server):
    gone = await look_at("http://127.0.0.1:1/metrics", service="s")
    assert (gone.outcome, gone.systems) == ("refused", ())
    assert (await look_at(f"{server}/nope", service="s")).outcome == "bad_status"
    for where in ("no/such/file", "ftp://x/", "http://"):
        with pytest.raises(InvalidConfig):
            await look_at(where, service="s")


def test_the_command_prints_json_and_exits_by_what_was_found(tmp_path):
    page = tmp_path / "page.prom"
    page.write_text(PAGE + 'odd_bucket{le="1"} 2\n')
    shown = CliRunner().invoke(app, ["detect", str(page), "-o", "json"])
    assert shown.exit_code == 0
    document = orjson.loads(shown.output)
    assert document["systems"][0]["system"] == "reference-server"
    assert "odd_bucket has no bucket +Inf" in document["faults"][0]
    plain = CliRunner().invoke(app, ["detect", str(page)])
    assert "rests on: HTTP counter of the server" in plain.output
    page.write_text("up 1\n")
    assert CliRunner().invoke(app, ["detect", str(page)]).exit_code == 5
    page.write_text("<html>")
    assert CliRunner().invoke(app, ["detect", str(page)]).exit_code == 2
    assert CliRunner().invoke(app, ["detect", "http://127.0.0.1:1/"]).exit_code == 6


async def test_init_writes_what_doctor_finds_well(server, tmp_path):
    written = await write_first_config(
        [f"{server}/metrics"], service="resnet", folder=tmp_path, force=False
    )
    assert written.slos == 2
    config = load_config(tmp_path / "trimtab.yaml")
    assert config.targets[0].server == "reference-server"
    findings = await diagnose(config, beside=tmp_path)
    assert not [one for one in findings if one.level is Level.FAIL]
    subjects = {one.subject: one.fact for one in findings if one.level is Level.OK}
    assert subjects["slo resnet-m-availability"].startswith("can be counted; rests on: HTTP")
    with pytest.raises(InvalidConfig, match="is there already"):
        await write_first_config([server], service="resnet", folder=tmp_path, force=False)


async def test_doctor_names_each_fault_with_its_fix(server, serve, tmp_path):
    async def web_page(_request: web.Request) -> web.Response:
        return web.Response(text="<html>", content_type="text/html")

    (tmp_path / "slos.yaml").write_text(SLOS)
    (tmp_path / "trimtab.yaml").write_text(
        f"""
targets:
  - {{name: good, url: "{server}/metrics", service: resnet}}
  - {{name: gone, url: "http://127.0.0.1:1/metrics", service: resnet}}
  - {{name: html, url: "{await serve(web_page)}/", service: resnet}}
  - {{name: login, url: "{server}/metrics", service: resnet, auth: {{bearer: "env:NO_SUCH"}}}}
slos: [slos.yaml]
"""
    )
    findings = await diagnose(load_config(tmp_path / "trimtab.yaml"), beside=tmp_path)
    failed = {one.subject: (one.fact, one.fix) for one in findings if one.level is Level.FAIL}
    assert set(failed) == {"target gone", "target html", "target login", "slo late"}
    assert "no connection" in failed["target gone"][0]
    assert "is no metrics page" in failed["target html"][0]
    assert "NO_SUCH" in failed["target login"][0]
    assert "0.5" in failed["slo late"][0]
    assert all(fix for _, fix in failed.values())
    warned = {one.subject for one in findings if one.level is Level.WARN}
    assert {"target good", "slo silent"} <= warned


SLO = """
apiVersion: openslo/v1
kind: SLO
metadata: {{name: {name}}}
spec:
  service: resnet
  indicator: {{metadata: {{name: x}}, spec: {indicator}}}
  budgetingMethod: Occurrences
  timeWindow: [{{duration: 30m, isRolling: true}}]
  objectives: [{objective}]
"""


def source(query: str) -> str:
    return f"{{metricSource: {{type: trimtab, spec: {{query: '{query}'}}}}}}"


LATE = SLO.format(
    name="late",
    indicator=f"{{thresholdMetric: {source('inference_request_duration_seconds')}}}",
    objective="{displayName: x, target: 0.9, op: lte, value: 0.2}",
)
NOPE = source("nope_total")
SILENT = SLO.format(
    name="silent",
    indicator=f"{{ratioMetric: {{counter: true, good: {NOPE}, total: {NOPE}}}}}",
    objective="{displayName: x, target: 0.9}",
)
SLOS = f"{LATE}---{SILENT}"
