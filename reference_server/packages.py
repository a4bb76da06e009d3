"""The packages of the extra ``reference-server``, loaded when they are first needed.

Nothing here is imported at the top of a module, so that ``trimtab --help`` works, and stays quick,
where the extra is not installed.
"""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from reference_server.errors import CannotStart

__all__ = ["folder_of", "load_package"]

FIX = "pip install 'trimtab[reference-server]'"


def load_package(name: str) -> Any:  # noqa: ANN401 -- these packages have no types
    """Import a package, or a module in it.

    Raises:
        CannotStart: It is not installed; the message says how to install it.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        msg = f"The model server needs the package {error.name!r}, which is not here. {FIX}"
        raise CannotStart(msg) from error


def folder_of(name: str) -> Path:
    """Return where a package lies, without importing it.

    Raises:
        CannotStart: It is not installed; the message says how to install it.
    """
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        msg = f"The model server needs the package {name!r}, which is not here. {FIX}"
        raise CannotStart(msg)
    return Path(spec.origin).parent
