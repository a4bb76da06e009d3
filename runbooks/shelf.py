"""Where runbooks lie: those that ship with trimtab, and a folder of the user's own."""

from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from runbooks.document import Runbook, read_runbook
from runbooks.errors import UnknownRunbook

__all__ = ["find_runbook", "list_runbooks"]

MAX_BYTES = 256 * 1024


def list_runbooks(folder: Path | None = None) -> tuple[Runbook, ...]:
    """Return every runbook; one in the user's folder replaces a shipped one of the same name.

    Raises:
        UnknownRunbook: The folder is not there.
    """
    if folder is not None and not folder.is_dir():
        msg = f"There is no folder {folder} to find runbooks in."
        raise UnknownRunbook(msg)
    texts = {}
    for place in (Path(str(files("runbooks") / "library")), folder):
        for path in sorted(place.glob("*.md")) if place else ():
            with path.open("rb") as file:
                texts[path.stem] = file.read(MAX_BYTES).decode(errors="replace")
    return tuple(read_runbook(name, text) for name, text in sorted(texts.items()))


def find_runbook(name: str, folder: Path | None = None) -> Runbook:
    """Return one runbook.

    Raises:
        UnknownRunbook: The message names those there are.
    """
    found = {runbook.name: runbook for runbook in list_runbooks(folder)}
    if name not in found:
        near = get_close_matches(name, found, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        msg = f"No runbook {name!r}.{hint} There are: {', '.join(found)}."
        raise UnknownRunbook(msg)
    return found[name]
