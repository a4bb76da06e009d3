from dataclasses import replace
from datetime import timedelta

from slo import (
    CompositeSli,
    EvidenceGate,
    LabelSets,
    Part,
    Rule,
    changes_of,
    counts_the_same,
    parse_burn_rules,
    read_openslo,
)
from tests.slo.openslo.examples import AVAILABILITY, LATENCY

(SLO,) = read_openslo(AVAILABILITY)


def test_what_is_the_same_has_no_changes():
    (again,) = read_openslo(AVAILABILITY)
    assert changes_of(SLO, again) == ()
    assert counts_the_same(SLO, again)


def test_each_field_is_told_in_words():
    objective = replace(SLO.objective, target=0.99, window=timedelta(days=30))
    other = replace(
        SLO,
        objective=objective,
        rules=parse_burn_rules("page 2% 1h/5m", objective.window),
        evidence=EvidenceGate(chance=0.001, min_bad=3),
        silence=timedelta(minutes=15),
        labels={"team": "b"},
    )
    assert changes_of(SLO, other) == (
        "target: 0.999 -> 0.99",
        "window: 28d -> 30d",
        "labels: team=a,b, tier=1 -> team=b",
        "burn rules: the usual -> page 2% 1h/5m",
        "evidence: the usual -> chance 0.001, bad 3",
        "no data: never -> 15m",
    )
    assert counts_the_same(SLO, other)


def test_nothing_that_is_different_goes_untold():
    (latency,) = read_openslo(LATENCY)
    bounded = replace(latency, sli=replace(latency.sli, bounded=True))
    assert changes_of(latency, bounded) != ()
    assert changes_of(SLO, replace(SLO, source="fleet")) == ("metric source: plane -> fleet",)
    parts = tuple(Part(name=name, sli=SLO.sli, slice_target=0.9) for name in ("a", "b"))
    both = replace(SLO, sli=CompositeSli(parts=parts, rule=Rule.WEIGHTS))
    lower = replace(parts[0], slice_target=0.5)
    other = replace(SLO, sli=CompositeSli(parts=(lower, parts[1]), rule=Rule.WEIGHTS))
    assert changes_of(both, other) == (
        "objectives: a x 1 at 0.9, b x 1 at 0.9 -> a x 1 at 0.5, b x 1 at 0.9",
    )
    finer = replace(SLO.objective, target=SLO.objective.target + 1e-15)
    assert changes_of(SLO, replace(SLO, objective=finer)) == (
        "details: the same words, other figures",
    )


def test_what_is_counted_differently_has_a_seam():
    (latency,) = read_openslo(LATENCY)
    assert not counts_the_same(SLO, replace(SLO, sli=latency.sli))
    assert not counts_the_same(SLO, replace(SLO, each=LabelSets(labels=("model",))))
    assert changes_of(SLO, replace(SLO, blame_by=("version",))) == ("blame by: nothing -> version",)
