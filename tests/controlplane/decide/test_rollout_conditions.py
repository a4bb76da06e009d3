from dataclasses import replace

from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_conditions import conditions_of, since, stamped
from controlplane.decide.rollout_state import Event
from tests.controlplane.decide.test_rollout_outcome import NEW, REACHED, READY


def ages(rollout: Rollout) -> dict[str, tuple[str, float]]:
    return {each.kind: (each.status, since(rollout, each)) for each in conditions_of(rollout)}


def test_each_condition_is_as_old_as_its_own_status() -> None:
    made = stamped(NEW, now=1.0)
    begun = made.take(READY, reason="", now=2.0).measured_against("1", now=2.0)
    begun = stamped(begun, now=2.0)
    judged = replace(begun, progress=replace(begun.progress, verdict="promote"))
    judged = stamped(judged, now=3.0)
    passed = stamped(judged.take(Event.STEP_PASSED, reason="", now=4.0), now=4.0)
    assert ages(passed) == {
        "Ready": ("True", 2.0),
        "Progressing": ("True", 2.0),
        "NoWorse": ("True", 3.0),
        "WaitingForPeople": ("False", 1.0),
        "Done": ("False", 1.0),
        "ShareAsAsked": ("Unknown", 1.0),
    }
    bad = passed.take(Event.CANARY_FAILED, reason="", now=5.0)
    bad = stamped(replace(bad, progress=replace(bad.progress, verdict="rollback")), now=5.0)
    ended = stamped(bad.take(REACHED, reason="", now=6.0), now=6.0)
    assert ages(ended)["Done"] == ("True", 6.0)
    assert ages(ended)["Progressing"] == ("False", 5.0)
    assert ages(ended)["NoWorse"] == ("False", 5.0)
    assert ages(ended)["Ready"] == ("True", 2.0)


def test_what_changed_nothing_is_stamped_as_it_was() -> None:
    made = stamped(NEW, now=1.0)
    assert stamped(made, now=2.0) is made


def test_a_rollout_of_before_shows_the_age_of_its_phase() -> None:
    old = NEW.take(READY, reason="", now=7.0)
    assert ages(old)["Done"] == ("False", 7.0)
