"""A runbook: a Markdown file whose fences carry attributes, as Runme has them.

The same file reads as documentation, runs here, and runs in Runme, which ignores our extra keys.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from runbooks.errors import InvalidParams, InvalidRunbook

__all__ = ["Param", "Runbook", "Step", "check_params", "read_runbook"]

_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_FENCE = re.compile(r"^```sh[ \t]*(\{[^\n]*\})?[ \t]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
_FENCE_BEGINS = re.compile(r"^```sh\b", re.MULTILINE)
_SECONDS = re.compile(r"([0-9]{1,4})s", re.ASCII)
_EXIT_CODE = re.compile(r"[0-9]{1,3}", re.ASCII)
_VARIABLE = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
KNOWN_ATTRIBUTES = frozenset({"name", "timeout", "danger", "expect", "idempotent"})
MAX_PATTERN = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """A value that a run needs; it reaches commands as an environment variable, never as text."""

    name: str
    pattern: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command.

    Attributes:
        name: Unique in its runbook.
        command: Shell text, as written.
        timeout_seconds: Then its process group is ended.
        danger: It changes something; asked about even with ``--yes`` unless allowed by name.
        expect: Exit code that means success.
    """

    name: str
    command: str
    timeout_seconds: float = 60.0
    danger: bool = False
    expect: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """A runbook as read."""

    name: str
    title: str
    owner: str
    alerts: tuple[str, ...]
    params: tuple[Param, ...]
    steps: tuple[Step, ...]


def read_runbook(name: str, text: str) -> Runbook:
    """Read one runbook.

    Raises:
        InvalidRunbook: The message says what is wrong and where.
    """
    front = _front_matter(name, text)
    steps = tuple(
        _step(name, number, found) for number, found in enumerate(_FENCE.finditer(text), 1)
    )
    begun = len(_FENCE_BEGINS.findall(text))
    if begun != len(steps):
        msg = f"{name}: {begun} fences begin with ```sh, but only {len(steps)} can be read."
        raise InvalidRunbook(msg)
    names = [step.name for step in steps]
    if not steps or len(set(names)) != len(names):
        msg = f"{name}: a runbook needs steps with names that differ, not {names}."
        raise InvalidRunbook(msg)
    return Runbook(
        name=name,
        title=str(front["title"]),
        owner=str(front["owner"]),
        alerts=tuple(map(str, front.get("alerts") or ())),
        params=tuple(_param(name, key, value) for key, value in _params(name, front)),
        steps=steps,
    )


def check_params(runbook: Runbook, given: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters, each of which fits its pattern as a whole.

    Raises:
        InvalidParams: One is missing, unknown or malformed.
    """
    known = {param.name: param for param in runbook.params}
    unknown = sorted(set(given) - set(known))
    if unknown:
        msg = f"{runbook.name} has no parameter {unknown[0]!r}. It takes: {', '.join(known)}."
        raise InvalidParams(msg)
    for param in runbook.params:
        value = given.get(param.name)
        if value is None and param.required:
            msg = f"{runbook.name} needs the parameter {param.name}: -p {param.name}=..."
            raise InvalidParams(msg)
        if value is not None and re.fullmatch(param.pattern, value) is None:
            msg = f"{param.name}={value!r} does not fit the pattern {param.pattern}."
            raise InvalidParams(msg)
    return dict(given)


def _front_matter(name: str, text: str) -> dict[str, Any]:
    found = _FRONT.match(text)
    try:
        front = yaml.safe_load(found[1]) if found else None
    except yaml.YAMLError as error:
        msg = f"{name}: the front matter is not YAML: {' '.join(str(error).split())}"
        raise InvalidRunbook(msg) from error
    if not isinstance(front, dict) or not {"title", "owner"} <= set(front):
        msg = f"{name}: the front matter needs a title and an owner, between two lines of ---."
        raise InvalidRunbook(msg)
    return front


def _params(name: str, front: dict[str, Any]) -> list[tuple[Any, Any]]:
    params = front.get("params") or {}
    if not isinstance(params, dict) or not isinstance(front.get("alerts") or [], list):
        msg = f"{name}: the front matter's params must be a mapping, and its alerts a list."
        raise InvalidRunbook(msg)
    return list(params.items())


def _param(name: str, key: Any, value: Any) -> Param:  # noqa: ANN401 -- what the file holds
    # Small letters only: a parameter can then never be PATH, or another variable that steers.
    if not isinstance(key, str) or _VARIABLE.fullmatch(key) is None:
        msg = f"{name}: params.{key} must be a name in small letters, such as service."
        raise InvalidRunbook(msg)
    pattern = value.get("pattern") if isinstance(value, dict) else None
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN:
        msg = f"{name}: params.{key} needs a pattern of at most {MAX_PATTERN} characters."
        raise InvalidRunbook(msg)
    try:
        re.compile(pattern)
    except re.error as error:
        msg = f"{name}: the pattern of params.{key} is no regular expression: {error}."
        raise InvalidRunbook(msg) from error
    return Param(name=key, pattern=pattern, required=value.get("required") is True)


def _step(name: str, number: int, found: re.Match[str]) -> Step:
    attributes = _attributes(name, number, found[1] or "{}")
    unknown = sorted(set(attributes) - KNOWN_ATTRIBUTES)
    if unknown or "{{" in found[2]:
        what = f"attribute {unknown[0]!r}" if unknown else "text substitution {{...}}"
        msg = f"{name}: step {number} uses {what}, which is not known. Use $variables."
        raise InvalidRunbook(msg)
    timeout = _SECONDS.fullmatch(attributes.get("timeout", "60s"))
    if timeout is None:
        msg = f"{name}: the timeout of step {number} must read like 30s."
        raise InvalidRunbook(msg)
    if _EXIT_CODE.fullmatch(expect := attributes.get("expect", "0")) is None:
        msg = f"{name}: step {number} must expect an exit code such as 1, not {expect!r}."
        raise InvalidRunbook(msg)
    if (danger := attributes.get("danger", "false")) not in ("true", "false"):
        msg = f"{name}: danger of step {number} is true or false, not {danger!r}."
        raise InvalidRunbook(msg)
    return Step(
        name=attributes.get("name", f"step-{number}"),
        command=found[2].strip(),
        timeout_seconds=float(timeout[1]),
        danger=danger == "true",
        expect=int(expect),
    )


def _attributes(name: str, number: int, text: str) -> dict[str, str]:
    """Read what stands behind the fence; a danger written as true must not read as harmless."""
    try:
        attributes = json.loads(text)
    except ValueError as error:
        msg = f"{name}: the attributes of step {number} are not JSON."
        raise InvalidRunbook(msg) from error
    loose = [key for key, value in attributes.items() if not isinstance(value, str)]
    if loose:
        msg = f"{name}: the attribute {loose[0]!r} of step {number} must be text, in quotes."
        raise InvalidRunbook(msg)
    return dict(attributes)
