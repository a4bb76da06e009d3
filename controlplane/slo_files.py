"""SLO files as trimtab.yaml names them: found, and read as one set whose documents may name each other."""

from pathlib import Path

from controlplane.errors import InvalidConfig
from slo import Complaint, SloError, SloSpec, read_openslo_set, validate_openslo

__all__ = ["read_slo_files", "slo_texts", "validate_slo_files"]

MAX_FILE_BYTES = 1 << 20
MAX_FILES = 10_000


def read_slo_files(patterns: tuple[str, ...], *, beside: Path) -> tuple[SloSpec, ...]:
    """Read every SLO that the patterns match.

    Args:
        patterns: File names or globs.
        beside: Folder that relative patterns start from.

    Raises:
        InvalidConfig: A pattern matches nothing, a file is unreadable, or a name is used twice; the
            message names file, line and field.
    """
    try:
        return read_openslo_set(slo_texts(patterns, beside=beside).items())
    except SloError as error:
        raise InvalidConfig(str(error)) from error


def slo_texts(patterns: tuple[str, ...], *, beside: Path) -> dict[str, str]:
    """Return the text of every file that the patterns match, by its name.

    Raises:
        InvalidConfig: A pattern matches nothing, or a file is unreadable.
    """
    return {str(path): _text(path) for path in _all_matching(patterns, beside)}


def validate_slo_files(patterns: tuple[str, ...], *, beside: Path) -> tuple[Complaint, ...]:
    """Return every fault of every file, each file judged by itself.

    Raises:
        InvalidConfig: A pattern matches nothing, or a file is unreadable.
    """
    return tuple(
        complaint
        for path in _all_matching(patterns, beside)
        for complaint in validate_openslo(_text(path), origin=str(path))
    )


def _all_matching(patterns: tuple[str, ...], beside: Path) -> list[Path]:
    """Return the files of all patterns, each once."""
    found = dict.fromkeys(path for pattern in patterns for path in _matching(pattern, beside))
    if len(found) > MAX_FILES:
        msg = f"{len(found)} SLO files match; at most {MAX_FILES} are read."
        raise InvalidConfig(msg)
    return list(found)


def _matching(pattern: str, beside: Path) -> list[Path]:
    anchored = Path(pattern)
    folder, glob = (anchored.parent, anchored.name) if anchored.is_absolute() else (beside, pattern)
    paths = sorted(path for path in folder.glob(glob) if path.is_file())
    if not paths:
        msg = f"No SLO file matches {pattern!r} in {folder}."
        raise InvalidConfig(msg, hint="patterns are relative to the folder of trimtab.yaml")
    return paths


def _text(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(MAX_FILE_BYTES + 1)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        msg = f"{path} is no UTF-8: {error.reason} at byte {error.start}."
        raise InvalidConfig(msg) from error
