import os
import subprocess
import time
from pathlib import Path

import pytest

from runbooks import execution
from runbooks.document import Step
from runbooks.execution import KEPT_OUTPUT, TIMED_OUT, execute


def step(command: str, **more: object) -> Step:
    return Step(name="test", command=command, **more)  # type: ignore[arg-type]


def is_gone(pid: int) -> bool:
    """Whether a process ends within a moment: a signal is not yet a death."""
    for _ in range(500):
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize(
    ("command", "expect", "ok"),
    [
        pytest.param("true", 0, True, id="as expected"),
        pytest.param("false", 0, False, id="failed"),
        pytest.param("exit 3", 3, True, id="failed as expected"),
        pytest.param("true", 3, False, id="did not fail as expected"),
        pytest.param("false\necho on", 0, False, id="the first failure ends it"),
        pytest.param("echo $unset_variable", 0, False, id="an unset variable ends it"),
    ],
)
def test_the_exit_code_is_compared_with_what_was_expected(
    command: str,
    expect: int,
    ok: bool,  # noqa: FBT001
) -> None:
    assert execute(step(command, expect=expect), {}).ok is ok


@pytest.mark.parametrize(
    "value", ["; rm -rf /", "$(exit 9)", "`exit 9`", "a'b\"c", "--help", "a\nb", "=x", "-S x"]
)
def test_a_parameter_is_text_and_never_code(value: str) -> None:
    result = execute(step('printf %s "$service"'), {"service": value})
    assert (result.exit_code, result.output) == (0, value)


def test_what_was_printed_is_kept_from_its_end(tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(b"x" * (2 * KEPT_OUTPUT) + b"the end")
    result = execute(step(f"cat {big}; echo >&2 oops"), {})
    assert result.output.endswith("the endoops\n")
    assert len(result.output) == KEPT_OUTPUT


def test_nobody_waits_for_input() -> None:
    assert execute(step("cat"), {}).output == ""


def test_our_own_command_is_the_one_that_is_found() -> None:
    found = Path(execute(step("command -v trimtab"), {}).output.strip())
    assert found.name == "trimtab"
    assert found.parent == Path(execution.sys.executable).parent


@pytest.mark.parametrize(
    "child",
    [
        pytest.param("sleep 600", id="it ends when asked"),
        pytest.param("sh -c 'trap \"\" TERM; sleep 600'", id="it does not care"),
    ],
)
def test_a_step_that_takes_too_long_is_ended_with_its_children(
    tmp_path: Path, child: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "KILL_AFTER_SECONDS", 0.5)
    where = tmp_path / "pid"
    command = f"{child} & echo $! > {where}\nwait"
    result = execute(step(command, timeout_seconds=0.5), {})
    assert (result.exit_code, result.ok) == (TIMED_OUT, False)
    assert is_gone(int(where.read_text()))


def test_an_interrupt_ends_the_step_too(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    wait = subprocess.Popen.wait

    def interrupted_once(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        if not started:
            started.append(process)
            raise KeyboardInterrupt
        return wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", interrupted_once)
    with pytest.raises(KeyboardInterrupt):
        execute(step("sleep 600"), {})
    with pytest.raises(ProcessLookupError):
        os.kill(started[0].pid, 0)
