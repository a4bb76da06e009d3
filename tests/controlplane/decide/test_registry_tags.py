from dataclasses import replace

from controlplane.decide.registry_tags import changed_tags, tags_of
from controlplane.decide.rollout_plan import Strategy
from controlplane.decide.rollout_state import Event
from tests.controlplane.decide.test_rollout_outcome import NEW, REACHED, READY, through


def test_the_tags_say_where_a_rollout_stands_and_the_phase_comes_last() -> None:
    begun = through(READY)
    tags = tags_of(begun)
    assert tags["trimtab.rollout"] == "r-1"
    assert tags["trimtab.weight"] == "5"
    assert (tags["trimtab.outcome"], tags["trimtab.verdict"]) == ("none", "none")
    assert list(tags)[-1] == "trimtab.phase"
    ended = tags_of(through(READY, Event.CANARY_FAILED, REACHED))
    assert (ended["trimtab.phase"], ended["trimtab.outcome"]) == ("RolledBack", "rolled_back")
    assert (ended["trimtab.weight"], ended["trimtab.reason"]) == ("none", "weight_reached")


def test_a_reason_alone_is_no_news_and_goes_along_with_what_is() -> None:
    begun = through(READY)
    told = tags_of(begun)
    assert changed_tags(told, tags_of(begun.waiting("soaking for 9 s more"))) == {}
    later = tags_of(through(READY, Event.STEP_PASSED))
    assert changed_tags(told, later) == {
        "trimtab.weight": "50",
        "trimtab.reason": "step_passed",
        "trimtab.phase": "Progressing",
    }
    assert changed_tags({}, told) == told


def test_a_long_reason_is_cut_and_a_weight_that_is_not_ours_is_none() -> None:
    long = NEW.waiting("x" * 9_000)
    assert len(tags_of(long)["trimtab.reason"]) == 1_000
    watched = replace(NEW, spec=replace(NEW.spec, strategy=Strategy.OBSERVE, steps=()))
    assert tags_of(watched)["trimtab.weight"] == "none"
