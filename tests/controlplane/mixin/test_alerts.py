"""Each alert fires on the trouble it names and not on health, says the engine's own test tool."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from controlplane.mixin.alerts import ALERTS, alert_groups

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed"
)
HOURS = 2
HERE = 'job="trimtab",instance="a"'
SLO = f'{HERE},slo="answers",service="chat"'
COUNTED = f"trimtab_slo_counted{{{SLO}}}"
BUDGET = f"trimtab_slo_error_budget_remaining_ratio{{{SLO}}}"
HEALTH = {
    f"up{{{HERE}}}": "1x120",
    f'trimtab_loop_last_round_timestamp_seconds{{{HERE},loop="evaluate"}}': "0+60x120",
    f'trimtab_loop_last_round_timestamp_seconds{{{HERE},loop="probe"}}': "0x120",
    f'trimtab_loop_failures_total{{{HERE},loop="evaluate"}}': "0x50 1x70",
    f'trimtab_targets{{{HERE},state="up"}}': "9x120",
    f'trimtab_targets{{{HERE},state="down"}}': "1x120",
    f'trimtab_scrapes_total{{{HERE},outcome="ok"}}': "0+95x120",
    f'trimtab_scrapes_total{{{HERE},outcome="timeout"}}': "0+5x120",
    f"trimtab_bad_samples_total{{{HERE}}}": "7x120",
    f'trimtab_push_points_total{{{HERE},outcome="taken"}}': "0+100x120",
    f'trimtab_push_points_total{{{HERE},outcome="rejected"}}': "3x120",
    f"trimtab_outbox_pending{{{HERE}}}": "0x20 3x5 0x95",
    f"trimtab_outbox_oldest_timestamp_seconds{{{HERE}}}": "0x20 1200x5 0x95",
    f'trimtab_deliveries_total{{{HERE},result="delivered"}}': "0+2x120",
    f'trimtab_deliveries_total{{{HERE},result="retry"}}': "0+1x120",
    f'trimtab_deliveries_total{{{HERE},result="rejected"}}': "0x120",
    COUNTED: "0x10 1x110",
    BUDGET: "_x10 0.9x110",
    f"trimtab_slos_left_out{{{HERE}}}": "0x120",
}
"""A plane that is well, with its small everyday troubles, for two hours."""

LOOP, FAILS = 'loop="evaluate"', 'loop="notify"'
TROUBLE: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "TrimtabDown": ({f"up{{{HERE}}}": "1x60 0x60"}, {}),
    "TrimtabLoopStandsStill": (
        {f"trimtab_loop_last_round_timestamp_seconds{{{HERE},{LOOP}}}": "0+60x60 3600x60"},
        {"loop": "evaluate"},
    ),
    "TrimtabLoopFails": (
        {f"trimtab_loop_failures_total{{{HERE},{FAILS}}}": "0x60 0+2x60"},
        {"loop": "notify"},
    ),
    "TrimtabBlind": (
        {
            f'trimtab_targets{{{HERE},state="up"}}': "9x60 0x60",
            f'trimtab_targets{{{HERE},state="down"}}': "1x60 10x60",
        },
        {"state": "up"},
    ),
    "TrimtabScrapesFail": (
        {f'trimtab_scrapes_total{{{HERE},outcome="timeout"}}': "0x60 0+20x60"},
        {},
    ),
    "TrimtabBadSamples": ({f"trimtab_bad_samples_total{{{HERE}}}": "0x60 0+1x60"}, {}),
    "TrimtabPushesRejected": (
        {f'trimtab_push_points_total{{{HERE},outcome="rejected"}}': "0x60 0+1x60"},
        {"outcome": "rejected"},
    ),
    "TrimtabOutboxGrows": ({f"trimtab_outbox_pending{{{HERE}}}": "0x60 1+1x60"}, {}),
    "TrimtabMessageOld": (
        {f"trimtab_outbox_oldest_timestamp_seconds{{{HERE}}}": "0x60 3600x60"},
        {},
    ),
    "TrimtabDeliveryRejected": (
        {f'trimtab_deliveries_total{{{HERE},result="rejected"}}': "0x110 1x10"},
        {"result": "rejected"},
    ),
    "TrimtabDeliveriesFail": (
        {f'trimtab_deliveries_total{{{HERE},result="retry"}}': "0x60 0+9x60"},
        {},
    ),
    "TrimtabSLONotCounted": ({COUNTED: "0x120"}, {"slo": "answers", "service": "chat"}),
    "TrimtabSLOUnknown": ({BUDGET: "_x120"}, {"slo": "answers", "service": "chat"}),
    "TrimtabSLOsLeftOut": ({f"trimtab_slos_left_out{{{HERE}}}": "5x120"}, {}),
}


def promtool(folder: Path, *arguments: str) -> str:
    ended = subprocess.run(
        ["promtool", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def series(of: dict[str, str]) -> list[dict[str, str]]:
    return [{"series": name, "values": values} for name, values in of.items()]


def expected(name: str, labels: dict[str, str]) -> dict[str, object]:
    """Return what fires, with its words as Prometheus fills them in."""
    trouble = next(each for each in ALERTS if each.name == name)
    own = {"job": "trimtab", "instance": "a", **labels}
    words = {
        key: re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: own[found[1]], text)
        for key, text in trouble.annotations("trimtab").items()
    }
    return {"exp_labels": {**own, "severity": trouble.severity}, "exp_annotations": words}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": alert_groups("trimtab")}))
    return tmp_path


def unit_test(folder: Path, *tests: dict[str, object]) -> None:
    unit = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": list(tests)}
    (folder / "unit.yml").write_text(yaml.safe_dump(unit))
    assert "SUCCESS" in promtool(folder, "test", "rules", "unit.yml")


def test_every_alert_has_a_trouble_here_and_says_what_to_do() -> None:
    assert [each.name for each in ALERTS] == list(TROUBLE)
    for each in ALERTS:
        assert each.severity in ("page", "ticket")
        assert all(each.annotations("trimtab").values())


@needs_promtool
def test_the_rules_are_valid(folder: Path) -> None:
    found = promtool(folder, "check", "rules", "rules.yml")
    assert f"SUCCESS: {len(ALERTS)} rules" in found


@needs_promtool
def test_health_calls_nobody(folder: Path) -> None:
    quiet = [
        {"alertname": each.name, "eval_time": f"{minute}m", "exp_alerts": []}
        for each in ALERTS
        for minute in range(0, HOURS * 60, 5)
    ]
    well = {"name": "well", "interval": "1m", "input_series": series(HEALTH)}
    unit_test(folder, {**well, "alert_rule_test": quiet})


@needs_promtool
@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_fires_its_own_alert(folder: Path, name: str) -> None:
    changed, labels = TROUBLE[name]
    found = {"alertname": name, "eval_time": "119m", "exp_alerts": [expected(name, labels)]}
    trouble = {"name": name, "interval": "1m", "input_series": series({**HEALTH, **changed})}
    unit_test(folder, {**trouble, "alert_rule_test": [found]})


@needs_promtool
def test_a_plane_that_nobody_scrapes_is_down(folder: Path) -> None:
    alert = expected("TrimtabDown", {})
    alert["exp_labels"] = {"job": "trimtab", "severity": "page"}
    found = {"alertname": "TrimtabDown", "eval_time": "10m", "exp_alerts": [alert]}
    unit_test(folder, {"name": "gone", "interval": "1m", "alert_rule_test": [found]})


@needs_promtool
def test_a_plane_without_targets_is_not_blind(folder: Path) -> None:
    none = {f'trimtab_targets{{{HERE},state="{state}"}}': "0x60" for state in ("up", "down")}
    quiet = {"alertname": "TrimtabBlind", "eval_time": "50m", "exp_alerts": []}
    idle = {"name": "idle", "interval": "1m", "input_series": series(none)}
    unit_test(folder, {**idle, "alert_rule_test": [quiet]})
