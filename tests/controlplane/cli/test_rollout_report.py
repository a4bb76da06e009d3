"""What pipelines are left with when a rollout has ended."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from controlplane.cli.exits import Exit
from controlplane.cli.rollout_report import junit, step_summary
from controlplane.client import TrimtabClient
from controlplane.schemas import RolloutIn
from tests.controlplane.cli.test_rollout import ENDS, start
from tests.controlplane.running_plane import RunningPlane


@pytest.mark.parametrize("end", ["promoted", "rolled back"])
def test_reports_lie_where_pipelines_look(
    trimtab, running: RunningPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    events, code = ENDS[end]
    summary, report = tmp_path / "summary.md", tmp_path / "report.xml"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    made = start(trimtab)
    running.end(str(made["id"]), *events)
    ended = trimtab("rollout", "watch", str(made["id"]), "--junit", str(report))
    assert ended.exit_code == code
    assert summary.read_text().startswith("### Rollout of resnet 2: ")
    assert f"({running.url}/v1/rollouts/{made['id']})" in summary.read_text()
    suite = ET.fromstring(report.read_text())  # noqa: S314 -- our own
    assert suite.get("failures") == ("0" if code is Exit.DONE else "1")
    assert suite.find("testcase").get("classname") == "resnet"
    assert (suite.find("testcase/failure") is not None) is (code is not Exit.DONE)


def test_odd_names_end_no_cell_and_no_element(running: RunningPlane) -> None:
    with TrimtabClient(running.url) as client:
        asked = RolloutIn(service="resnet", version='v|<b>&"[x](y)\n2')
        rollout = client.start_rollout(asked)
    lines = step_summary(rollout, url="http://x").splitlines()
    assert lines[0] == '### Rollout of resnet v\\|&lt;b>&"\\[x](y) 2: Pending'
    assert all(line.count("|") - line.count("\\|") == 3 for line in lines if line.startswith("| "))
    ET.fromstring(junit(rollout, failed=True))  # noqa: S314 -- our own


def test_answers_that_were_compared_are_told(running: RunningPlane) -> None:
    with TrimtabClient(running.url) as client:
        rollout = client.start_rollout(
            RolloutIn(service="resnet", version="2", strategy="shadow", max_different=0.02)
        )
    assert rollout.spec.max_different == 0.02
    assert "| answers |" not in step_summary(rollout, url="http://x")
    status = rollout.status.model_copy(update={"compared": 2016, "different": 3})
    told = step_summary(rollout.model_copy(update={"status": status}), url="http://x")
    assert "| answers | 3 of 2,016 differ |" in told
