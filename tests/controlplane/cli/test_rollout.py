import json

import pytest

from controlplane.cli import rollout as module
from controlplane.cli.exits import Exit
from controlplane.client import TrimtabClient
from controlplane.decide.rollout_state import Event
from tests.controlplane.running_plane import RunningPlane

READY = (Event.CANARY_READY,)
ENDS = {
    "promoted": ((*READY, Event.PROMOTE_ASKED, Event.WEIGHT_REACHED), Exit.DONE),
    "rolled back": ((*READY, Event.CANARY_FAILED, Event.WEIGHT_REACHED), Exit.REFUSED),
    "aborted": ((*READY, Event.ABORT_ASKED, Event.WEIGHT_REACHED), Exit.REFUSED),
    "no proof": ((*READY, Event.GAVE_UP, Event.WEIGHT_REACHED), Exit.INCONCLUSIVE),
    "never ready": ((Event.GAVE_UP,), Exit.REFUSED),
    "superseded": ((Event.NEWER_ROLLOUT,), Exit.INCONCLUSIVE),
    "paused": ((*READY, Event.PAUSE_ASKED), Exit.WAITING),
}


def start(trimtab, *more: str) -> dict[str, object]:
    ended = trimtab("rollout", "start", "resnet", "--version", "2", "-o", "json", *more)
    assert ended.exit_code == 0, ended.output
    return dict(json.loads(ended.stdout))


def test_a_rollout_is_started_listed_and_shown(trimtab) -> None:
    made = start(trimtab, "--steps", "5,25,50", "--soak", "7", "--key", "k")
    assert made["spec"]["steps"] == [5.0, 25.0, 50.0]
    assert made["spec"]["soakSeconds"] == 7.0
    assert start(trimtab, "--steps", "5,25,50", "--soak", "7", "--key", "k")["id"] == made["id"]
    assert made["id"] in trimtab("rollout", "list", "--active", "--service", "resnet").stdout
    assert made["id"] not in trimtab("rollout", "list", "--service", "bert").stdout
    assert f"id: {made['id']}" in trimtab("rollout", "show", made["id"]).stdout
    assert json.loads(trimtab("rollout", "show", made["id"], "-o", "json").stdout) == made


def test_a_table_of_a_new_rollout_has_one_line(trimtab) -> None:
    ended = trimtab("rollout", "start", "resnet", "--version", "2")
    assert [line.split("\t")[3] for line in ended.stdout.splitlines()] == ["phase", "Pending"]


@pytest.mark.parametrize("end", ENDS)
def test_the_exit_code_tells_how_it_ended(trimtab, running: RunningPlane, end: str) -> None:
    events, code = ENDS[end]
    made = start(trimtab)
    running.end(str(made["id"]), *events)
    watched = trimtab("rollout", "watch", str(made["id"]))
    assert watched.exit_code == code
    assert "rollout.start" in watched.stdout


def test_start_with_wait_ends_with_one_when_it_was_rolled_back(
    trimtab, running: RunningPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_meanwhile(_seconds: float) -> None:
        with TrimtabClient(running.url) as client:
            (made,) = client.rollouts(active=True)
        running.end(made.id, *ENDS["rolled back"][0])

    monkeypatch.setattr(module.time, "sleep", fail_meanwhile)
    ended = trimtab("rollout", "start", "resnet", "--version", "2", "--wait", "-o", "json")
    assert ended.exit_code == Exit.REFUSED
    assert json.loads(ended.stdout)["status"]["phase"] == "RolledBack"
    assert "rollout.start" in ended.stderr


def test_a_wait_that_is_over_ends_with_three_and_the_work_goes_on(trimtab) -> None:
    ended = trimtab("rollout", "start", "resnet", "--version", "2", "--wait", "--timeout", "0")
    assert ended.exit_code == Exit.TIMED_OUT
    assert "it goes on" in ended.stderr


def test_a_person_steps_in(trimtab, running: RunningPlane) -> None:
    made = str(start(trimtab)["id"])
    running.end(made, *READY)
    for verb, phase in (
        ("pause", "Paused"),
        ("resume", "Progressing"),
        ("promote", "Promoting"),
        ("abort", "RollingBack"),
    ):
        ended = trimtab("rollout", verb, made, "--reason", "I say")
        assert (ended.exit_code, ended.stdout) == (0, f"{made}: {phase}\n")
    again = trimtab("rollout", "abort", made)
    assert again.exit_code == Exit.REFUSED
    assert "It accepts" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("resnet", "--version", "2", "--steps", "a,b"), "such as", id="no weights"),
        pytest.param(("gpt", "--version", "2"), "known services", id="a service nobody knows"),
        pytest.param(
            ("resnet", "--version", "2", "--steps", "5,500"), "steps.1: ", id="a step beyond all"
        ),
    ],
)
def test_what_cannot_be_asked_for_ends_with_two(
    trimtab, arguments: tuple[str, ...], told: str
) -> None:
    ended = trimtab("rollout", "start", *arguments)
    assert ended.exit_code == Exit.USAGE
    assert told in ended.stderr


def test_strategy_approvals_and_conflict_are_written_on_the_command_line(trimtab) -> None:
    made = start(
        trimtab, "--approval", "qa@50/2h=approve", "--approval", "owner", "--on-conflict", "queue"
    )
    assert made["spec"]["approvals"] == [
        {"name": "qa", "before": 50.0, "deadlineSeconds": 7200.0, "default": "approve"},
        {"name": "owner", "before": 100.0, "deadlineSeconds": 86400.0, "default": "reject"},
    ]
    waiting = start(trimtab, "--strategy", "blue-green", "--on-conflict", "queue")
    assert waiting["status"]["queued"] is True
    assert waiting["spec"]["steps"] == [100.0]
    refused = trimtab("rollout", "start", "resnet", "--version", "2", "--on-conflict", "refuse")
    assert refused.exit_code == Exit.REFUSED
    assert trimtab("rollout", "start", "resnet", "--version", "2", "--approval", "@").exit_code == 2


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (("approve", "qa"), "has no approval 'qa'"),
        (("reject", "qa"), "has no approval 'qa'"),
        (("weight", "10"), "its steps say the weight"),
        (("retry",), "nothing to try again"),
        (("undo",), "only what succeeded is taken back"),
    ],
    ids=lambda words: words[0] if isinstance(words, tuple) else "",
)
def test_people_are_told_what_cannot_be(trimtab, words: tuple[str, ...], advice: str) -> None:
    verb, *more = words
    ended = trimtab("rollout", verb, str(start(trimtab)["id"]), *more)
    assert ended.exit_code in (Exit.REFUSED, Exit.USAGE)
    assert advice in ended.stderr


def test_what_was_rolled_back_can_be_tried_again(trimtab, running: RunningPlane) -> None:
    made = start(trimtab)
    running.end(str(made["id"]), *ENDS["rolled back"][0])
    again = trimtab("rollout", "retry", str(made["id"]))
    assert again.exit_code == 0
    assert again.stdout.endswith(": Pending\n")
    assert str(made["id"]) not in again.stdout
