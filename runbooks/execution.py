"""One command of a runbook, run with a deadline in a process group of its own."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runbooks.document import Step

__all__ = ["Result", "execute"]

KILL_AFTER_SECONDS = 10.0
KEPT_OUTPUT = 32_768
TIMED_OUT = 124


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Exit code and the end of what was printed; ``ok`` compares with what the step expects."""

    exit_code: int
    output: str
    ok: bool


def execute(step: Step, variables: Mapping[str, str]) -> Result:
    """Run one step. Parameters travel as environment variables, so their text is never code."""
    # The directory of our own interpreter comes first: `trimtab` is then the one that runs us.
    path = f'PATH="{Path(sys.executable).parent}:$PATH"\n'
    pairs = [f"{name}={value}" for name, value in variables.items()]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(  # noqa: S603 -- running the operator's commands is the job
            ["/usr/bin/env", *pairs, "/bin/sh", "-eu", "-c", path + step.command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        code = _wait(process, step.timeout_seconds)
        size = output.seek(0, os.SEEK_END)
        output.seek(max(0, size - KEPT_OUTPUT))
        text = output.read().decode(errors="replace")
    return Result(exit_code=code, output=text, ok=code == step.expect)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> int:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        return TIMED_OUT
    except KeyboardInterrupt:  # it is in a group of its own, so Ctrl-C has not reached it
        _end(process)
        raise


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the whole group to end, and end what does not."""
    os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(KILL_AFTER_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
