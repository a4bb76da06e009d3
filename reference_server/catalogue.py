"""Which models were asked for, and where their files are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reference_server.errors import CannotStart
from reference_server.file_type import FileTypeRules
from reference_server.model_builds import BUILDS, build_versions, free_the_batch
from reference_server.packages import folder_of

__all__ = ["SHIPPED", "ModelFile", "find_models"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MAGIKA = "models/standard_v3_3"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One version of one model, as a file.

    Attributes:
        parameters: What the model's metadata tells beside names and shapes.
    """

    name: str
    version: str
    path: Path
    parameters: dict[str, Any] = field(default_factory=dict)


def find_models(asked: Sequence[str], *, cache: Path, versions: Sequence[str]) -> list[ModelFile]:
    """Find, and where needed build, every model that was asked for.

    Args:
        asked: Names of shipped models, or ``NAME=PATH[:VERSION]``.
        cache: Where builds are kept.
        versions: Which builds of magika are wanted.

    Raises:
        CannotStart: No such model, file or build, one version named twice, or a package is missing.
    """
    found = [file for text in asked for file in _find(text, cache=cache, versions=versions)]
    keys = [(file.name, file.version) for file in found]
    twice = [key for key in keys if keys.count(key) > 1]
    if twice or not found:
        msg = (
            f"Model {twice[0][0]!r} version {twice[0][1]!r} is named twice. "
            f"Write {twice[0][0]}=PATH:VERSION with another version."
            if twice
            else "No model was asked for. Write for example --model magika."
        )
        raise CannotStart(msg)
    return found


def _find(text: str, *, cache: Path, versions: Sequence[str]) -> list[ModelFile]:
    if "=" in text:
        return [_own(text)]
    if text == "magika":
        return _magika(cache, versions)
    if text == "iris":
        return _iris(cache)
    msg = f"No model called {text!r}. Shipped: {', '.join(SHIPPED)}. Your own: NAME=PATH[:VERSION]."
    raise CannotStart(msg)


SHIPPED = ("magika", "iris")


def _magika(cache: Path, versions: Sequence[str]) -> list[ModelFile]:
    unknown = [version for version in versions if version not in BUILDS]
    if unknown:
        msg = f"magika has no build {unknown[0]!r}. There are {', '.join(BUILDS)}."
        raise CannotStart(msg)
    folder = folder_of("magika") / MAGIKA
    parameters = FileTypeRules.read(folder / "config.min.json").parameters()
    recipes = [(version, BUILDS[version]) for version in versions]
    built = build_versions(folder / "model.onnx", cache, recipes)
    return [
        ModelFile(name="magika", version=version, path=path, parameters=parameters)
        for version, path in built.items()
    ]


def _iris(cache: Path) -> list[ModelFile]:
    """A logistic regression of four multiplications: what is left is the server's own cost."""
    source = folder_of("onnxruntime") / "datasets" / "logreg_iris.onnx"
    built = build_versions(source, cache, [("1", free_the_batch)])
    labels = {"labels": ["setosa", "versicolor", "virginica"]}
    return [ModelFile(name="iris", version="1", path=built["1"], parameters=labels)]


def _own(text: str) -> ModelFile:
    name, _, place = text.partition("=")
    path, version = Path(place), "1"
    if not path.is_file() and ":" in place:
        before, _, version = place.rpartition(":")
        path = Path(before)
    if not NAME.fullmatch(name) or not NAME.fullmatch(version):
        msg = f"{text!r} names no model. Write NAME=PATH[:VERSION], for example fraud=fraud.onnx:2."
        raise CannotStart(msg)
    if not path.is_file():
        msg = (
            f"There is no file {place}. Write NAME=PATH[:VERSION], for example fraud=fraud.onnx:2."
        )
        raise CannotStart(msg)
    return ModelFile(name=name, version=version, path=path)
