"""SLO files as trimtab.yaml names them: found, read, and checked for names used twice."""

from pathlib import Path

from controlplane.errors import InvalidConfig
from slo import SloError, SloSpec, read_openslo

__all__ = ["read_slo_files"]

MAX_FILE_BYTES = 1 << 20


def read_slo_files(patterns: tuple[str, ...], *, beside: Path) -> tuple[SloSpec, ...]:
    """Read every SLO that the patterns match.

    Args:
        patterns: File names or globs.
        beside: Folder that relative patterns start from.

    Raises:
        InvalidConfig: A pattern matches nothing, a file is unreadable, or a name is used twice.
    """
    found: dict[str, SloSpec] = {}
    for pattern in patterns:
        for path in _matching(pattern, beside):
            for slo in _read(path):
                if slo.name in found:
                    msg = f"{path}: a second SLO is called {slo.name!r}; names must differ."
                    raise InvalidConfig(msg)
                found[slo.name] = slo
    return tuple(found.values())


def _matching(pattern: str, beside: Path) -> list[Path]:
    anchored = Path(pattern)
    folder, glob = (anchored.parent, anchored.name) if anchored.is_absolute() else (beside, pattern)
    paths = sorted(path for path in folder.glob(glob) if path.is_file())
    if not paths:
        msg = f"No SLO file matches {pattern!r} in {folder}."
        raise InvalidConfig(msg, hint="patterns are relative to the folder of trimtab.yaml")
    return paths


def _read(path: Path) -> tuple[SloSpec, ...]:
    with path.open("rb") as file:
        raw = file.read(MAX_FILE_BYTES + 1)
    try:
        return read_openslo(raw.decode())
    except (SloError, UnicodeDecodeError) as error:
        msg = f"{path}: {error}"
        raise InvalidConfig(msg) from error
