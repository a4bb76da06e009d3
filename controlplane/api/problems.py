"""Errors as application/problem+json, in one place (RFC 9457)."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from controlplane.errors import (
    Changed,
    Deposed,
    DiscoveryError,
    EngineError,
    IllegalTransition,
    InvalidConfig,
    KeyReused,
    NotFound,
    NotSaved,
    NotTrusted,
    Overloaded,
    Refused,
    RouterError,
    Standby,
    TrimtabError,
)
from controlplane.schemas import Problem

__all__ = ["STATUS", "install_problem_handlers", "status_of"]

STATUS: dict[type[TrimtabError], int] = {
    NotFound: 404,
    Changed: 412,
    IllegalTransition: 409,
    KeyReused: 422,
    Refused: 409,
    InvalidConfig: 422,
    DiscoveryError: 502,
    EngineError: 502,
    Overloaded: 429,
    NotSaved: 503,
    NotTrusted: 401,
    Standby: 503,
    Deposed: 503,
    RouterError: 502,
}
"""HTTP status of each error; `code` is the error's name."""


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of this API a problem document."""
    app.add_exception_handler(TrimtabError, _of_trimtab)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_anything)


def status_of(error: Exception) -> int:
    """Return the HTTP status of an error of ours."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)


def _of_anything(_request: Request, error: Exception) -> Response:
    """A fault of ours: its kind is told, its text may hold what is not the caller's to see."""
    detail = f"The control plane failed ({type(error).__name__}); its log says more."
    return _answer(Problem(title="Internal", status=500, detail=detail, code="Internal"))


def _answer(problem: Problem) -> Response:
    return JSONResponse(
        problem.model_dump(by_alias=True),
        status_code=problem.status,
        media_type="application/problem+json",
    )


def _of_trimtab(_request: Request, error: Exception) -> Response:
    status = status_of(error)
    hint = error.hint if isinstance(error, TrimtabError) else ""
    name = type(error).__name__
    return _answer(Problem(title=name, status=status, detail=str(error), code=name, hint=hint))


def _of_validation(_request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    errors = tuple(
        {"pointer": "/" + "/".join(str(part) for part in one["loc"][1:]), "detail": one["msg"]}
        for one in found[:20]
    )
    detail = "; ".join(f"{one['pointer']}: {one['detail']}" for one in errors)
    problem = Problem(
        title="InvalidRequest", status=422, detail=detail, code="InvalidRequest", errors=errors
    )
    return _answer(problem)


def _of_http(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else "internal error"
    return _answer(Problem(title="HTTP error", status=status, detail=detail, code=f"Http{status}"))
