from dataclasses import replace
from datetime import timedelta

import pytest

from slo import Threshold, ThresholdSli, UnsupportedSpec, parse_selectors
from slo.dashboards.figures import PlaneFigures, RuleFigures, Watched
from slo.rules import exact_groups
from tests.slo.dashboards.watched_slos import watched

ANSWERS = watched()


def test_what_has_no_recordings_is_refused() -> None:
    gauge = ThresholdSli(
        series=parse_selectors("cache"), threshold=Threshold(operator="lt", limit=0.9)
    )
    slo = replace(ANSWERS, spec=replace(ANSWERS.spec, sli=gauge))
    with pytest.raises(UnsupportedSpec):
        RuleFigures([slo])


def test_burn_rests_on_recordings_that_the_rules_make() -> None:
    recordings = exact_groups(ANSWERS.spec, ANSWERS.rules)[0]["rules"]
    names = {rule["record"] for rule in recordings if "record" in rule}
    for rule in ANSWERS.rules:
        for short in (False, True):
            query = RuleFigures([ANSWERS]).burn(ANSWERS, rule, short=short)
            bad, _, rest = query.partition("{")
            total = rest.partition("((")[2].partition("{")[0]
            assert {bad, total} <= names
            assert query.endswith("* 0.001)")


def test_slos_that_promise_alike_share_a_query() -> None:
    slos = [watched("a.b"), watched("b"), watched("c", target=0.99), watched("d", days=7)]
    found = RuleFigures(slos).fastest_burns(slos)
    assert len(found) == 3
    assert 'slo=~"a\\\\.b|b"' in found[0]


def test_an_slo_without_rules_has_events_and_no_burn() -> None:
    bare = replace(ANSWERS, rules=())
    figures = RuleFigures([bare])
    assert figures.fastest_burns([bare]) == ()
    (events,) = figures.events([bare], "", bad=True)
    assert events.startswith("slo:bad:increase30d")


def test_names_are_quoted() -> None:
    odd = Watched(spec=replace(ANSWERS.spec, name='a"b\\c'), rules=())
    assert odd.own == 'slo="a\\"b\\\\c"'


def test_the_plane_s_short_windows_may_be_longer_than_the_file_s() -> None:
    (rule, *_) = ANSWERS.rules
    query = PlaneFigures().burn(ANSWERS, rule, short=True)
    assert 'rule=~"1h/.*"' in query
    assert 'window="short"' in query
    broken = replace(rule, long=timedelta(seconds=2.5))
    assert 'rule=~"2\\\\.5s/.*"' in PlaneFigures().burn(ANSWERS, broken, short=True)


def test_bad_events_of_the_plane_are_one_outcome_and_all_are_every() -> None:
    bad, every = (PlaneFigures().events([], 'slo="a"', bad=bad)[0] for bad in (True, False))
    assert 'outcome="bad"' in bad
    assert "outcome" not in every
