"""Our own form of the rules: what it refuses, and what it says of counters that may not be there."""

from dataclasses import replace
from datetime import timedelta

import pytest

from slo import (
    Budgeting,
    CompositeSli,
    LabelSets,
    LatencySli,
    Method,
    Objective,
    Part,
    RatioSli,
    Rule,
    SloSpec,
    Threshold,
    ThresholdSli,
    UnsupportedSpec,
    parse_selectors,
    rules_for,
)
from slo.rules import exact_groups, sloth_of_spec
from slo.rules.increases import counts_of_spec

ANSWERS = RatioSli(bad=parse_selectors("bad"), total=parse_selectors("all"))
GAUGE = ThresholdSli(series=parse_selectors("cache"), threshold=Threshold(operator="lt", limit=0.9))
FIGURES = RatioSli(bad=parse_selectors("b"), total=parse_selectors("t"), periodic=True)


def spec_of(*slis: RatioSli | LatencySli | ThresholdSli, rule: Rule = Rule.ANY) -> SloSpec:
    parts = tuple(Part(name=str(at), sli=sli) for at, sli in enumerate(slis))
    return SloSpec(
        name="answers",
        service="chat",
        description="",
        objective=Objective(target=0.99, window=timedelta(days=30)),
        sli=slis[0] if len(slis) == 1 else CompositeSli(parts=parts, rule=rule),
        labels={},
    )


def groups(spec: SloSpec) -> list[dict[str, object]]:
    return exact_groups(spec, rules_for(spec.objective.window, resolution=timedelta(minutes=1)))


@pytest.mark.parametrize("rule", list(Rule))
@pytest.mark.parametrize("other", [GAUGE, FIGURES])
def test_a_part_without_counters_is_refused(other, rule):
    for slis in ((other,), (ANSWERS, other)):
        with pytest.raises(UnsupportedSpec, match="no rate can be taken"):
            groups(spec_of(*slis, rule=rule))


@pytest.mark.parametrize("method", [Method.TIMESLICES, Method.RATIO_TIMESLICES])
def test_slices_are_refused(method):
    budgeting = Budgeting(method=method, length=timedelta(minutes=1))
    with pytest.raises(UnsupportedSpec, match="slices of time"):
        groups(replace(spec_of(ANSWERS, ANSWERS), budgeting=budgeting))


@pytest.mark.parametrize("label", ["slo", "service", "severity", "alertname"])
def test_sets_by_a_label_that_rules_set_are_refused(label):
    spec = replace(spec_of(ANSWERS), each=LabelSets(labels=("model", label)))
    with pytest.raises(UnsupportedSpec, match=f"one for each {label}"):
        groups(spec)


def test_sloth_s_form_has_no_composites():
    with pytest.raises(UnsupportedSpec, match="only the exact form"):
        sloth_of_spec(spec_of(ANSWERS, ANSWERS))


def test_an_edge_is_counted_as_either_is_written():
    fast = LatencySli(histogram=parse_selectors("seconds")[0], limit=2.0)
    assert 'le="2"' in counts_of_spec(spec_of(fast)).bad("[5m]")
    assert 'le="2.0"' in counts_of_spec(spec_of(fast)).bad("[5m]")
    assert counts_of_spec(spec_of(replace(fast, limit=0.25))).bad("[5m]").count("le=") == 1


def test_what_no_series_tells_is_none_wherever_there_are_events():
    assert counts_of_spec(spec_of(ANSWERS)).bad("[5m]") == (
        "(sum(increase(bad[5m])) or 0 * sum(increase(all[5m])))"
    )


def test_no_data_looks_back_as_long_as_it_is_asked_to():
    spec = replace(spec_of(ANSWERS), silence=timedelta(minutes=17))
    (group,) = groups(spec)
    recorded = [rule["record"] for rule in group["rules"] if "record" in rule]
    assert recorded.count("slo:total:increase17m") == 1
    assert "slo:bad:increase17m" not in recorded
    assert [rule["alert"] for rule in group["rules"] if "alert" in rule][-2:] == [
        "SLONoData",
        "SLOVanished",
    ]
    assert len(groups(replace(spec, silence=timedelta(hours=1)))[0]["rules"]) == (
        len(group["rules"]) - 1
    )
