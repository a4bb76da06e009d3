"""What the environment says: the only place that reads it."""

import os
from dataclasses import dataclass
from pathlib import Path

from controlplane.errors import InvalidConfig

__all__ = ["SETTINGS", "Secret", "Settings", "read_settings", "resolve_secret"]

SETTINGS = {
    "TRIMTAB_URL": "where the REST client finds the control plane; several, separated by commas, where "
    "they share a database; http://127.0.0.1:9470 if unset",
    "TRIMTAB_TOKEN": "bearer token that the REST client sends; none if unset",
    "GITHUB_STEP_SUMMARY": "file that the end of a rollout is told in, as GitHub Actions sets it",
}
"""Every variable that trimtab reads, and what for. README.md documents the same list."""

DEFAULT_URL = "http://127.0.0.1:9470"
MAX_SECRET_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The environment, read once."""

    url: str
    token: str | None
    step_summary: Path | None = None


class Secret:
    """A value that does not show itself in logs, answers or tracebacks."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value, at the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__


def read_settings() -> Settings:
    """Read the environment."""
    environ = os.environ  # noqa: TID251 -- this is the one place
    return Settings(
        url=environ.get("TRIMTAB_URL", DEFAULT_URL).rstrip("/"),
        token=environ.get("TRIMTAB_TOKEN") or None,
        step_summary=Path(summary) if (summary := environ.get("GITHUB_STEP_SUMMARY")) else None,
    )


def resolve_secret(reference: str) -> Secret:
    """Turn ``env:NAME`` or ``file:PATH`` into the secret it names.

    Raises:
        InvalidConfig: A value was written where a reference belongs, or the reference leads nowhere.
    """
    kind, _, where = reference.partition(":")
    if kind == "env" and where:
        value = os.environ.get(where)  # noqa: TID251 -- this is the one place
        if value is None:
            msg = f"The secret env:{where} is not set in the environment."
            raise InvalidConfig(msg, hint=f"export {where}=... before you start trimtab")
        return Secret(value)
    if kind == "file" and where:
        return Secret(_read_secret_file(Path(where)))
    msg = "A secret must be a reference, env:NAME or file:/path, never the value itself."
    raise InvalidConfig(msg, hint="put the value into a file and write file:/run/secrets/name")


def _read_secret_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SECRET_BYTES)
        return raw.decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The secret file:{path} cannot be read: {type(error).__name__}."
        raise InvalidConfig(msg) from error
