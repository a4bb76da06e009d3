from dataclasses import replace

import pytest

from controlplane.decide.rollout_lint import RolloutFacts, lint_rollout
from controlplane.decide.rollout_plan import Answer, Approval, Strategy
from tests.controlplane.decide.test_rollout_outcome import SPEC

WELL = RolloutFacts(
    router_fault="",
    versions=("1", "2"),
    counted=True,
    replicas=8,
    requests_per_second=200.0,
    error_share=0.001,
    odd_limits=(),
    slos=2,
    ready_probe=True,
    someone_told=True,
    frozen="",
)
QA = Approval(name="qa", deadline_seconds=7200.0)


def codes(spec=SPEC, **facts: object) -> dict[str, bool]:
    found = lint_rollout(spec, replace(WELL, **facts))
    assert all(each.fact and each.fix for each in found)
    return {each.code: each.note for each in found}


def test_what_can_work_is_not_spoken_against() -> None:
    assert codes() == {}
    for strategy in (Strategy.ROLLING, Strategy.SHADOW):
        assert codes(replace(SPEC, strategy=strategy)) == {}


def test_a_flag_learns_of_versions_from_rollouts() -> None:
    assert codes(versions=("1",), learns_versions=True) == {}


def test_a_shadow_of_all_requests_is_compared_with_all_of_them() -> None:
    spec = replace(SPEC, strategy=Strategy.SHADOW, steps=(100.0,))
    assert codes(spec) == {}


def test_answers_that_could_not_be_proven_to_be_the_same_are_found() -> None:
    spec = replace(SPEC, strategy=Strategy.SHADOW, max_different=0.0001)
    assert codes(spec, requests_per_second=5.0)["too-few-answers"] is False
    assert "too-few-answers" not in codes(replace(spec, strategy=Strategy.CANARY))


@pytest.mark.parametrize(
    ("facts", "code", "note"),
    [
        ({"router_fault": "GET failed", "versions": None}, "router-unreachable", False),
        ({"versions": ("1",)}, "one-version", True),
        ({"ready_probe": False}, "readiness-unasked", True),
        ({"counted": False}, "nothing-to-judge", False),
        ({"replicas": 1}, "few-replicas", True),
        ({"odd_limits": ("latency: 0.3 s is no edge",)}, "limit-between-edges", False),
        ({"frozen": "frozen by weekend"}, "freeze", True),
        ({"requests_per_second": 0.0}, "no-traffic", False),
        ({"requests_per_second": 0.5}, "blind-first-step", True),
        ({"requests_per_second": 6.0}, "coarse-first-step", True),
        ({"requests_per_second": 0.01}, "unprovable", False),
        ({"error_share": 0.3, "requests_per_second": 0.1}, "unprovable", False),
    ],
)
def test_each_lack_is_found(facts: dict[str, object], code: str, note: bool) -> None:  # noqa: FBT001
    assert codes(**facts)[code] is note


@pytest.mark.parametrize(
    ("change", "facts", "code"),
    [
        ({"soak_seconds": 1_800.0}, {}, "horizon-too-short"),
        ({"min_requests": 1_000_000}, {}, "too-few-requests"),
        ({"approvals": (QA,)}, {"someone_told": False}, "nobody-told"),
        ({"approvals": (replace(QA, deadline_seconds=60.0),)}, {}, "deadline-too-short"),
        ({"budget_gate": True}, {"slos": 0}, "no-slo"),
        ({"rollback_on_page": True}, {"slos": 0}, "no-slo"),
    ],
)
def test_each_wish_that_cannot_be_met_is_found(
    change: dict[str, object], facts: dict[str, object], code: str
) -> None:
    assert codes(replace(SPEC, **change), **facts) == {code: False}


def test_what_does_not_matter_is_not_told() -> None:
    assert codes(replace(SPEC, approvals=(QA,))) == {}
    quick = replace(QA, deadline_seconds=60.0, default=Answer.APPROVE)
    assert codes(replace(SPEC, approvals=(quick,))) == {}
    assert codes(replace(SPEC, override="why"), frozen="frozen") == {}
    at_once = replace(SPEC, strategy=Strategy.IMMEDIATE, steps=())
    assert codes(at_once, requests_per_second=0.0) == {}
    watched = replace(SPEC, strategy=Strategy.OBSERVE, steps=())
    assert codes(watched, versions=None, ready_probe=False, frozen="frozen") == {}
    assert codes(requests_per_second=None) == {}
    assert codes(replace(SPEC, promote_on_budget=True), requests_per_second=0.01)["unprovable"]
