import json
import os
import re
import signal

import pytest

from controlplane.cli import rollout_wait as module
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
        pytest.param(
            ("resnet", "--version", "2", "--batch", "0"), "'0' is no batch; write", id="no batch"
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
    rolling = ("rollout", "start", "resnet", "--version", "2", "--strategy", "rolling")
    assert "all of 1" in trimtab(*rolling, "--batch", "1").stderr


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


def test_lines_carry_their_times_where_nothing_moves(trimtab, running: RunningPlane) -> None:
    made = str(start(trimtab)["id"])
    running.end(made, *ENDS["promoted"][0])
    watched = trimtab("rollout", "watch", made)
    first = watched.stdout.splitlines()[0]
    assert re.fullmatch(
        r"2026-01-01T00:00:00Z rollout\.start: resnet: rollout of version 2 .*", first
    )


def test_now_and_then_it_is_said_that_it_goes_on(trimtab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STILL_SECONDS", 0.0)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    ended = trimtab("rollout", "start", "resnet", "--version", "2", "--wait", "--timeout", "0.1")
    assert ended.exit_code == Exit.TIMED_OUT
    assert " Pending at 5 %, 0 requests, 0 s: created" in ended.stdout


@pytest.mark.parametrize(
    ("option", "told", "phase"),
    [("leave", "goes on", "Pending"), ("abort", "is sent home", "RollingBack")],
)
def test_who_is_interrupted_leaves_the_rollout_or_sends_it_home(
    trimtab, monkeypatch: pytest.MonkeyPatch, option: str, told: str, phase: str
) -> None:
    def interrupt(_seconds: float) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(module.time, "sleep", interrupt)
    before = signal.getsignal(signal.SIGTERM)
    words = ("rollout", "start", "resnet", "--version", "2", "--wait", "--on-interrupt", option)
    ended = trimtab(*words)
    assert ended.exit_code == Exit.INTERRUPTED
    assert "Interrupted; r-" in ended.stderr
    assert told in ended.stderr
    assert signal.getsignal(signal.SIGTERM) is before
    assert phase in trimtab("rollout", "list").stdout


def test_what_can_no_longer_be_sent_home_is_told_to_who_was_interrupted(
    trimtab, running: RunningPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_seconds: float) -> None:
        with TrimtabClient(running.url) as client:
            (made,) = client.rollouts(active=True)
        running.end(made.id, *ENDS["rolled back"][0])
        raise KeyboardInterrupt

    monkeypatch.setattr(module.time, "sleep", interrupt)
    words = ("rollout", "start", "resnet", "--version", "2", "--wait", "--on-interrupt", "abort")
    ended = trimtab(*words)
    assert (ended.exit_code, "could not be sent home" in ended.stderr) == (130, True)


def test_a_drill_is_no_way_to_bring_a_version_in(trimtab) -> None:
    ended = trimtab("rollout", "start", "resnet", "--version", "2", "--strategy", "drill")
    assert (ended.exit_code, "trimtab rollout drill resnet" in ended.stderr) == (2, True)


def test_a_drill_without_a_router_that_answers_is_refused(trimtab) -> None:
    ended = trimtab("rollout", "drill", "resnet")
    assert ended.exit_code == Exit.REFUSED
    assert "does not say which versions it knows" in ended.stderr
