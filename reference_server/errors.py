"""Errors of the model server. Those with a status are answers; the others stop the start.

* ModelServerError
  x CannotStart        a model, a package or an address that was asked for cannot be had
  + AnsweredError      the request gets this status and ``{"error": ...}``
    x BadRequest         400: the request cannot be understood or does not fit the model
    x FaultsOff          403: faults may not be injected into this server
    x NotServed          404: no such model or version
    x Outdated           409: somebody who leads since then has set the weights
    x BodyTooLarge       413: the body is over the limit
    x ClientGone         499: the client left before its request was whole
    x ModelFailed        500: the model did not answer
    x InjectedFault      500: a drill asked for this failure
    x Busy               503: the queue is full, or the server is stopping
"""

from typing import ClassVar

__all__ = [
    "AnsweredError",
    "BadRequest",
    "BodyTooLarge",
    "Busy",
    "CannotStart",
    "ClientGone",
    "FaultsOff",
    "InjectedFault",
    "ModelFailed",
    "ModelServerError",
    "NotServed",
    "Outdated",
]


class ModelServerError(Exception):
    """Base class of this server."""


class CannotStart(ModelServerError):
    """The server cannot start as asked; the message says what to do."""


class AnsweredError(ModelServerError):
    """An error that a client is told.

    Attributes:
        status: The HTTP status of the answer.
    """

    status: ClassVar[int] = 500


class BadRequest(AnsweredError):
    """The request cannot be understood, or does not fit the model."""

    status = 400


class FaultsOff(AnsweredError):
    """Faults may not be injected into this server."""

    status = 403


class NotServed(AnsweredError):
    """No model, or no version, of that name is served; the message names what is."""

    status = 404


class Outdated(AnsweredError):
    """Whoever asks led once; somebody who leads since then has asked already."""

    status = 409


class BodyTooLarge(AnsweredError):
    """The body is larger than the server reads."""

    status = 413


class ClientGone(AnsweredError):
    """The client left before its request was whole. 499 is what proxies write in their logs."""

    status = 499


class ModelFailed(AnsweredError):
    """The model did not answer."""


class InjectedFault(AnsweredError):
    """A drill asked for this failure."""


class Busy(AnsweredError):
    """The queue is full, or the server is stopping; another server or a later try may do."""

    status = 503
