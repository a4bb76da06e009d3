"""The name of a process among all that may lead, and whether the one of a name has ended."""

import os
import socket
from pathlib import Path

__all__ = ["ended", "own_name"]

PROC = Path("/proc")
STATE, START = 0, 19
"""Places in /proc/PID/stat behind the command's name: see proc_pid_stat(5)."""
DEAD = ("Z", "X", "x")
UNKNOWN = "unknown"
HOST_LENGTH = 100


def own_name() -> str:
    """Return the name of this process: where it runs, its number there, and when it began.

    Numbers of processes come back, so the time of its start belongs to the name.
    """
    pid = os.getpid()
    return f"{_place()}/{pid}/{_began(pid) or UNKNOWN}"


def ended(name: str) -> bool:
    """Whether the process of a name has ended for certain; of other machines nothing is certain."""
    place, _, began = name.rpartition("/")
    place, _, pid = place.rpartition("/")
    known = UNKNOWN not in (place, began) and place == _place()
    return known and pid.isdecimal() and _began(int(pid)) != began


def _place() -> str:
    """Return the machine, this start of it, and the namespace in which processes are numbered."""
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        namespace = (PROC / "self/ns/pid").readlink()
    except OSError:
        return UNKNOWN
    return f"{socket.gethostname()[:HOST_LENGTH]}/{boot}/{namespace}"


def _began(pid: int) -> str | None:
    """Return when a process began, in ticks since the machine did; None where none runs."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[STATE] in DEAD else fields[START]
