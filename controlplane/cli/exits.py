"""Exit codes that scripts can rely on."""

from enum import IntEnum

__all__ = ["EXITS", "Exit"]


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    TIMED_OUT = 3
    WAITING = 4
    INCONCLUSIVE = 5
    UNREACHABLE = 6
    INTERRUPTED = 130


EXITS = {
    Exit.DONE: "done as asked: promoted, gate open",
    Exit.REFUSED: "rolled back, or refused by verdict",
    Exit.USAGE: "the command or a file it names cannot be used",
    Exit.TIMED_OUT: "the wait timed out and the work goes on",
    Exit.WAITING: "waiting for a person",
    Exit.INCONCLUSIVE: "ended without a verdict",
    Exit.UNREACHABLE: "the control plane is unreachable, or did not let us in",
    Exit.INTERRUPTED: "interrupted",
}
"""What each code means; README.md documents the same list."""
