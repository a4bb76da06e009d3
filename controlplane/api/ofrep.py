"""/ofrep/v1: feature flags as OpenFeature's providers ask for them (OFREP 0.3).

A flag is called as its service is; its value is the version that a targeting key is given. What is
wrong is answered as the protocol says, not as a problem document.
"""

from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Header, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from controlplane.decide.flags import version_for
from controlplane.routers.flag import FlagRouter

__all__ = ["router"]

router = APIRouter(prefix="/ofrep/v1/evaluate/flags", tags=["flags"])
MOST_KEY_CHARACTERS = 1024
JSON = "application/json"
BODY = {
    "requestBody": {
        "content": {JSON: {"schema": {"type": "object", "properties": {"context": {}}}}}
    }
}
Fault = tuple[str, str]
"""A code of OpenFeature's, and what is wrong in words."""
EtagHere = Annotated[str | None, Header(alias="if-none-match", max_length=1024)]


async def _flags(request: Request) -> Mapping[str, object]:
    """Return who moves traffic by service, flags among them, also on a plane that stands by."""
    state = request.app.state
    if state.plane is not None:
        routers: Mapping[str, object] = state.plane.routers
        return routers
    flags: Mapping[str, FlagRouter] = state.flags
    for flag in flags.values():
        with suppress(SQLAlchemyError):  # then the last weights that were read are served
            await flag.read_weights()
    return flags


FlagsHere = Annotated[Mapping[str, object], Depends(_flags)]


@router.post("/{key}", openapi_extra=BODY)
async def evaluate_flag(key: str, request: Request, flags: FlagsHere) -> Response:
    """The version of one service for one targeting key."""
    flag = flags.get(key)
    if not isinstance(flag, FlagRouter):
        known = ", ".join(sorted(_only_flags(flags))) or "none"
        told = f"No flag {key[:64]!r}. Flags are services with route: {{router: flag}}: {known}."
        return _answer(404, _failure(key, ("FLAG_NOT_FOUND", told)))
    context = _context(await request.body())
    found = _failure(key, context) if isinstance(context, tuple) else _evaluated(key, flag, context)
    return _answer(400 if "errorCode" in found else 200, found)


@router.post("", openapi_extra=BODY)
async def evaluate_flags(
    request: Request, flags: FlagsHere, if_none_match: EtagHere = None
) -> Response:
    """The version of every service that has a flag, for one targeting key."""
    context = _context(await request.body())
    if isinstance(context, tuple):
        return _answer(400, {"errorCode": context[0], "errorDetails": context[1]})
    found = sorted(_only_flags(flags).items())
    answer = orjson.dumps({"flags": [_evaluated(key, flag, context) for key, flag in found]})
    etag = f'"{sha256(answer).hexdigest()[:32]}"'
    known = () if if_none_match is None else [each.strip() for each in if_none_match.split(",")]
    if any(each.removeprefix("W/") == etag or each == "*" for each in known):
        return Response(status_code=304, headers={"etag": etag})
    return Response(answer, media_type=JSON, headers={"etag": etag})


def _only_flags(routers: Mapping[str, object]) -> dict[str, FlagRouter]:
    return {key: flag for key, flag in routers.items() if isinstance(flag, FlagRouter)}


def _context(body: bytes) -> Mapping[str, Any] | Fault:
    """Return the evaluation context of a request, or what is wrong with it."""
    if not body:
        return {}
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return "PARSE_ERROR", f"The body is no JSON: {error}."
    if not isinstance(asked, dict):
        return "PARSE_ERROR", "The body must be an object with a context."
    context = asked.get("context")
    if context is None:
        return {}
    if not isinstance(context, dict):
        return "INVALID_CONTEXT", "The context must be an object."
    key = context.get("targetingKey")
    if key is not None and not (isinstance(key, str) and len(key) <= MOST_KEY_CHARACTERS):
        most = f"of {MOST_KEY_CHARACTERS} characters at most"
        return "INVALID_CONTEXT", f"The targetingKey must be a text {most}."
    return context


def _evaluated(key: str, flag: FlagRouter, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the version for a context; a key is needed only where there is a choice."""
    weights = flag.weights
    carrying = [version for version, weight in weights.items() if weight > 0.0]
    targeting = context.get("targetingKey") or ""
    if len(carrying) > 1 and not targeting:
        told = "A share of the keys is given another version, so a targetingKey is needed."
        return _failure(key, ("TARGETING_KEY_MISSING", told))
    version = version_for(key, targeting, weights)
    return {
        "key": key,
        "value": version,
        "variant": version,
        "reason": "STATIC" if len(carrying) == 1 else "SPLIT",
        "metadata": {"weight": weights[version]},
    }


def _failure(key: str, fault: Fault) -> dict[str, Any]:
    return {"key": key, "errorCode": fault[0], "errorDetails": fault[1]}


def _answer(status: int, found: Mapping[str, Any]) -> Response:
    return Response(orjson.dumps(found), status_code=status, media_type=JSON)
