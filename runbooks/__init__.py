"""Runbooks: Markdown that people read and machines run, each run on the audit trail."""

from runbooks.document import Runbook, check_params, read_runbook
from runbooks.errors import InvalidParams, InvalidRunbook, RunbookError, UnknownRunbook
from runbooks.run import dry_run, real_run
from runbooks.shelf import find_runbook, list_runbooks

__all__ = [
    "InvalidParams",
    "InvalidRunbook",
    "Runbook",
    "RunbookError",
    "UnknownRunbook",
    "check_params",
    "dry_run",
    "find_runbook",
    "list_runbooks",
    "read_runbook",
    "real_run",
]
