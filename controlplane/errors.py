"""Errors of the control plane.

* TrimtabError
  x InvalidConfig       trimtab.yaml or a file it names cannot be used
  x NotFound            no resource of that name
  x Refused             the request is understood and not allowed now
    + IllegalTransition   the state of the resource does not accept this event
    + KeyReused           an Idempotency-Key came back with another request
    + Changed             the resource is no longer what the caller saw
  x EngineError         the engine or file that knows the past cannot be asked
  x DiscoveryError      a place where targets are found cannot be asked or read
  x Overloaded          too much waits to be saved; the caller may come again
  x NotSaved            the database refused; the caller may send it again
  x Standby             another control plane leads; this one does nothing
  x Deposed             another control plane has taken the lease; nothing was saved
  x NotTrusted          a message from outside is not signed as agreed, or too old
  x RouterError         the system that moves traffic did not do as asked
  x Unreachable         the control plane did not answer, or did not let us in
"""

__all__ = [
    "Changed",
    "Deposed",
    "DiscoveryError",
    "EngineError",
    "IllegalTransition",
    "InvalidConfig",
    "KeyReused",
    "NotFound",
    "NotSaved",
    "NotTrusted",
    "Overloaded",
    "Refused",
    "RouterError",
    "Standby",
    "TrimtabError",
    "Unreachable",
]


class TrimtabError(Exception):
    """Base class. ``hint`` tells the likely way out; empty when there is none."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InvalidConfig(TrimtabError):
    """trimtab.yaml, or a file that it names, cannot be used."""


class NotFound(TrimtabError):
    """No resource of that name."""


class Refused(TrimtabError):
    """The request is understood and not allowed in the present state."""


class IllegalTransition(Refused):
    """The state of the resource does not accept this event; the message lists what it accepts."""


class KeyReused(Refused):
    """An Idempotency-Key came back with another request."""


class Changed(Refused):
    """The resource is no longer what the caller saw; the message names its generation."""


class DiscoveryError(TrimtabError):
    """A place where targets are found cannot be asked, or what it says cannot be read."""


class EngineError(TrimtabError):
    """The engine or file that knows the past cannot be asked, or does not know what is asked for."""


class Overloaded(TrimtabError):
    """Too much waits to be saved already; the caller may come again."""


class NotSaved(TrimtabError):
    """The database refused what was to be saved; the caller may send it again."""


class Standby(TrimtabError):
    """Another control plane of the same database leads; this one does nothing."""


class Deposed(TrimtabError):
    """Another control plane has taken the lease; nothing of the transaction was saved."""


class NotTrusted(TrimtabError):
    """A message from outside is not signed as was agreed, or is too old to be believed."""


class RouterError(TrimtabError):
    """The system that moves traffic could not be reached or did not do as asked."""


class Unreachable(TrimtabError):
    """The control plane did not answer, or did not let us in."""
