"""Third-party systems, found by entry point: one line in pyproject.toml adds one."""

from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any

from probes.errors import UnknownPlugin

__all__ = ["installed", "load"]


def installed(group: str) -> dict[str, Any]:
    """Return what is registered in a group, by name."""
    return {point.name: point.load() for point in entry_points(group=group)}


def load(group: str, name: str) -> Any:  # noqa: ANN401 -- the caller narrows to its protocol
    """Return what is registered as `name` in `group`.

    Raises:
        UnknownPlugin: Nothing of that name is installed; the message names what is.
    """
    found = {point.name: point for point in entry_points(group=group)}
    if name not in found:
        near = get_close_matches(name, found, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        known = ", ".join(sorted(found)) or "none"
        msg = f"No {group} plugin called {name!r}.{hint} Installed: {known}."
        raise UnknownPlugin(msg)
    return found[name].load()
