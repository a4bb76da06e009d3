"""SLOs of several objectives: what they count together, and what cannot be meant."""

from datetime import timedelta

import pytest
import yaml

from slo import CompositeSli, InvalidSpec, Rule, UnsupportedSpec, read_openslo

BASE = {
    "apiVersion": "openslo/v1",
    "kind": "SLO",
    "metadata": {"name": "journey"},
    "spec": {
        "service": "chat",
        "budgetingMethod": "Occurrences",
        "timeWindow": [{"duration": "4w", "isRolling": True}],
    },
}


def indicator(name: str) -> dict:
    part, total = (
        {"metricSource": {"spec": {"query": f"{name}_{what}"}}} for what in ("bad", "total")
    )
    return {"metadata": {"name": name}, "spec": {"ratioMetric": {"bad": part, "total": total}}}


def document(*objectives: dict, composite: str | None = None, method: str = "Occurrences") -> str:
    held = [
        {"displayName": f"part {at}", "indicator": indicator(f"p{at}"), "target": 0.99, **each}
        for at, each in enumerate(objectives)
    ]
    annotations = {} if composite is None else {"trimtab.dev/composite": composite}
    metadata = {**BASE["metadata"], "annotations": annotations}
    spec = {**BASE["spec"], "budgetingMethod": method, "objectives": held}
    return yaml.safe_dump({**BASE, "metadata": metadata, "spec": spec})


def test_each_objective_s_events_weigh_what_it_says():
    (found,) = read_openslo(document({"compositeWeight": 2, "target": 0.99}, {"target": 0.96}))
    assert isinstance(found.sli, CompositeSli)
    assert (found.sli.rule, [part.weight for part in found.sli.parts]) == (Rule.WEIGHTS, [2.0, 1.0])
    assert [part.name for part in found.parts] == ["part 0", "part 1"]
    assert found.objective.target == pytest.approx(0.98)
    assert found.objective.window == timedelta(weeks=4)


def test_events_that_any_objective_can_spoil_have_the_failures_of_all():
    (found,) = read_openslo(document({"target": 0.99}, {"target": 0.98}, composite="any"))
    assert found.sli.rule is Rule.ANY
    assert found.objective.target == pytest.approx(0.97)
    (found,) = read_openslo(document({}, {}, composite="any 99.5%"))
    assert found.objective.target == pytest.approx(0.995)


def test_slices_are_judged_by_every_objective():
    slices = {"timeSliceTarget": 0.9, "timeSliceWindow": "1m"}
    strict = {"timeSliceTarget": 0.99, "timeSliceWindow": "1m"}
    (found,) = read_openslo(document(slices, strict, method="Timeslices"))
    assert [part.slice_target for part in found.parts] == [0.9, 0.99]
    assert found.budgeting.length == timedelta(minutes=1)


SLICED = {"timeSliceWindow": "1m"}
WRONG = [
    (document({}, {}, composite="some"), InvalidSpec, "is no rule. Write any"),
    (document({}, composite="any"), InvalidSpec, "means nothing to a single indicator"),
    (document({"compositeWeight": 2}, {}, composite="any"), InvalidSpec, "compositeWeight means"),
    (
        document(SLICED, SLICED, method="RatioTimeslices", composite="any"),
        InvalidSpec,
        "is about events",
    ),
    (
        document(SLICED, {"timeSliceWindow": "2m"}, method="RatioTimeslices"),
        InvalidSpec,
        "slices of one length",
    ),
    (document({"target": 0.4}, {"target": 0.4}, composite="any"), InvalidSpec, "add up to"),
    (document({"displayName": "x"}, {"displayName": "x"}), InvalidSpec, "one displayName"),
    (document(*({} for _ in range(21))), UnsupportedSpec, "at most 20"),
]


@pytest.mark.parametrize(("text", "error", "advice"), WRONG, ids=[row[2] for row in WRONG])
def test_what_cannot_be_meant_is_refused(text, error, advice):
    with pytest.raises(error, match=advice):
        read_openslo(text)


def test_labels_are_blamed_on_single_indicators_only():
    text = document({}, {}).replace(
        "annotations: {}", "annotations: {trimtab.dev/blame-by: version}"
    )
    with pytest.raises(UnsupportedSpec, match="they themselves are blamed"):
        read_openslo(text)
