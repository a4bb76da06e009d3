"""Alerts of generated rules, in Prometheus's own unit tests: of each set, by weight, and of no data."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from slo import (
    BurnRule,
    CompositeSli,
    EvidenceGate,
    LabelSets,
    Objective,
    Part,
    RatioSli,
    Rule,
    Severity,
    SloSpec,
    parse_selectors,
)
from slo.rules import exact_groups
from tests.systems.promtool import check_rules, unit_test

pytestmark = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed"
)
RULES = (
    BurnRule(
        severity=Severity.PAGE,
        long=timedelta(minutes=10),
        short=timedelta(minutes=5),
        budget_share=0.5,
    ),
)
SPEC = SloSpec(
    name="answers",
    service="chat",
    description="",
    objective=Objective(target=0.9, window=timedelta(hours=1)),
    sli=RatioSli(
        bad=parse_selectors('requests_total{code="500"}'), total=parse_selectors("requests_total")
    ),
    labels={},
)
EACH = LabelSets(labels=("model", "tenant"))
SETS = 'model="{}",tenant="{}"'


def page(**labels: str) -> dict[str, Any]:
    return {"slo": "answers", "service": "chat", "severity": "page", **labels}


def alert(name: str, at: str, *expected: tuple[dict[str, Any], dict[str, str]]) -> dict[str, Any]:
    """Return that just these alerts fire at a moment, each as labels and annotations."""
    alerts = [{"exp_labels": labels, "exp_annotations": said} for labels, said in expected]
    return {"alertname": name, "eval_time": at, "exp_alerts": alerts}


def series(name: str, values: str) -> dict[str, str]:
    return {"series": name, "values": values}


def burns(told: str, bad: str, what: str = "bad events") -> dict[str, str]:
    return {
        "summary": f"{told} of chat burns its error budget",
        "description": f"{bad} {what} within the window that burns.",
    }


def test_each_set_has_alerts_of_its_own_with_its_labels(tmp_path: Path) -> None:
    check_rules(exact_groups(replace(SPEC, each=EACH), RULES), tmp_path)
    found = []
    for model, tenant, bad in (("llama", "a", "9"), ("llama", "b", "0"), ("", "b", "0")):
        own = SETS.format(model, tenant).replace('model="",', "")
        found.append(series(f'requests_total{{code="200",{own}}}', "0+10x60"))
        found.append(series(f'requests_total{{code="500",{own}}}', f"0+{bad}x60"))
    found.append(series('requests_total{code="500"}', "0+99x60"))  # of no set
    labels = {"model": "llama", "tenant": "a"}
    budget = 'slo:error_budget_remaining:ratio{slo="answers",service="chat"'
    unit_test(
        [
            {
                "input_series": found,
                "alert_rule_test": [
                    alert("SLOBurn", "30m", (page(**labels), burns("answers (llama, a)", "90"))),
                    alert("SLOVanished", "30m"),
                ],
                "promql_expr_test": [
                    {
                        "expr": "slo:error_budget_remaining:ratio > 0.5",
                        "eval_time": "30m",
                        "exp_samples": [
                            {"labels": f"{budget},{each}}}", "value": 1}
                            for each in ('model="llama",tenant="b"', 'tenant="b"')
                        ],
                    }
                ],
            }
        ],
        tmp_path,
    )


NO_EVENT = {"summary": "answers of chat has nothing to count", "description": "no event within 15m"}


def test_no_data_calls_after_so_long_and_not_before(tmp_path: Path) -> None:
    check_rules(exact_groups(replace(SPEC, silence=timedelta(minutes=15)), RULES), tmp_path)
    one, called = 'requests_total{code="200"}', (page(), NO_EVENT)
    shapes = {
        "idle from the beginning": ("5x100", {"14m": False, "17m": True, "90m": True}),
        "busy": ("0+1x100", {"5m": False, "17m": False, "90m": False}),
        "idle after a while": ("0+1x30 30x60", {"30m": False, "44m": False, "47m": True}),
        "busy again": ("0+1x30 30x30 31+1x30", {"55m": True, "64m": False, "80m": False}),
        "gone": ("0+1x30 stale", {"40m": False, "47m": True, "90m": True}),
        "gone for longer than its window": ("0+1x30 stale", {"99m": True, "130m": False}),
        "now and then": (
            "0x9 1x12 2x12 3x12 4x12 5x12",
            {"20m": False, "40m": False, "60m": False},
        ),
        "never there": ("stale", {"17m": False, "90m": False}),
    }
    unit_test(
        [
            {
                "name": name,
                "input_series": [series(one, values)],
                "alert_rule_test": [
                    alert("SLONoData", at, *([called] if fires else []))
                    for at, fires in moments.items()
                ],
            }
            for name, (values, moments) in shapes.items()
        ],
        tmp_path,
    )


def test_no_data_is_of_each_set(tmp_path: Path) -> None:
    spec = replace(SPEC, silence=timedelta(minutes=15), each=EACH)
    check_rules(exact_groups(spec, RULES), tmp_path)
    quiet, gone = ({"model": model, "tenant": "a"} for model in ("quiet", "gone"))
    unit_test(
        [
            {
                "input_series": [
                    series("requests_total{" + SETS.format("busy", "a") + "}", "0+1x60"),
                    series("requests_total{" + SETS.format("quiet", "a") + "}", "7x60"),
                    series("requests_total{" + SETS.format("gone", "a") + "}", "0+1x10 stale"),
                    series("requests_total", "7x60"),
                ],
                "alert_rule_test": [
                    alert(
                        "SLONoData",
                        "40m",
                        *(
                            (
                                page(**each),
                                {
                                    **NO_EVENT,
                                    "summary": NO_EVENT["summary"].replace(
                                        "answers", f"answers ({each['model']}, a)"
                                    ),
                                },
                            )
                            for each in (quiet, gone)
                        ),
                    )
                ],
            }
        ],
        tmp_path,
    )


WEIGHTS = CompositeSli(
    rule=Rule.WEIGHTS,
    parts=(
        Part(name="answers", sli=SPEC.sli, weight=1.5),
        Part(
            name="jobs",
            sli=RatioSli(good=parse_selectors("done_total"), total=parse_selectors("jobs_total")),
        ),
    ),
)


@pytest.mark.parametrize(
    ("gate", "failed", "worth"),
    [
        (None, 1, None),
        (None, 2, "6"),
        (EvidenceGate(min_bad=3), 2, None),
        (EvidenceGate(min_bad=3), 3, "9"),
        (EvidenceGate(min_bad=1), 1, "3"),
    ],
)
def test_a_weighted_composite_needs_so_many_bad_events(
    tmp_path: Path, gate: EvidenceGate | None, failed: int, worth: str | None
) -> None:
    """The weights are 3 and 2, so that one failed answer is worth 3."""
    check_rules(exact_groups(replace(SPEC, sli=WEIGHTS, evidence=gate), RULES), tmp_path)
    told = [(page(), burns("answers", f"{worth}", "bad events by weight"))] if worth else []
    failures = series('requests_total{code="500"}', f"0x26 {failed}x40")
    test = {"input_series": [failures], "alert_rule_test": [alert("SLOBurn", "30m", *told)]}
    unit_test([test], tmp_path)


def test_a_composite_vanishes_once_none_of_its_parts_is_there(tmp_path: Path) -> None:
    check_rules(exact_groups(replace(SPEC, sli=WEIGHTS), RULES), tmp_path)
    told = page(), {"summary": "nothing is known of answers of chat any more"}
    unit_test(
        [
            {
                "input_series": [
                    series("requests_total", "0+1x10 stale"),
                    series('jobs_total{queue="a"}', "0+1x20 stale"),
                    series('done_total{queue="a"}', "0+1x20 stale"),
                ],
                "alert_rule_test": [
                    alert("SLOVanished", "19m"),
                    alert("SLOVanished", "30m", told),
                ],
            }
        ],
        tmp_path,
    )


def test_selectors_with_labels_of_their_own_vanish_together(tmp_path: Path) -> None:
    """What is absent carries the labels that its selector names, which are not alike."""
    total = parse_selectors('requests_total{pod="a"} + requests_total{zone="b"}')
    check_rules(exact_groups(replace(SPEC, sli=replace(SPEC.sli, total=total)), RULES), tmp_path)
    told = page(pod="a"), {"summary": "nothing is known of answers of chat any more"}
    moments = [alert("SLOVanished", "10m", told)]
    unit_test([{"input_series": [], "alert_rule_test": moments}], tmp_path)
