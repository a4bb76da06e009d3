from dataclasses import replace
from datetime import timedelta

from slo import EvidenceGate, LabelSets, changes_of, counts_the_same, parse_burn_rules, read_openslo
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


def test_what_is_counted_differently_has_a_seam():
    (latency,) = read_openslo(LATENCY)
    assert not counts_the_same(SLO, replace(SLO, sli=latency.sli))
    assert not counts_the_same(SLO, replace(SLO, each=LabelSets(labels=("model",))))
    assert changes_of(SLO, replace(SLO, blame_by=("version",))) == ("blame by: nothing -> version",)
