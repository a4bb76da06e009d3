"""Errors of runbooks.

* RunbookError
  x UnknownRunbook   no runbook of that name
  x InvalidRunbook   the file is not a runbook that can run
  x InvalidParams    a parameter is missing, unknown or does not fit its pattern
"""

__all__ = ["InvalidParams", "InvalidRunbook", "RunbookError", "UnknownRunbook"]


class RunbookError(Exception):
    """Base class of this floor."""


class UnknownRunbook(RunbookError):
    """No runbook of that name; the message names those there are."""


class InvalidRunbook(RunbookError):
    """The file is not a runbook that can run; the message says where and why."""


class InvalidParams(RunbookError):
    """A parameter is missing, unknown, or does not fit its pattern."""
