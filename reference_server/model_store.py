"""The models that are served, by name and version."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from reference_server.catalogue import ModelFile
from reference_server.errors import NotServed
from reference_server.lane import Lane, LaneLimits
from reference_server.mirror import Mirror
from reference_server.onnx_model import OnnxModel
from reference_server.traffic import Traffic, newest_first

__all__ = ["ModelStore", "ServedModel", "load_store"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """One model.

    Attributes:
        lanes: Version -> what answers for it, oldest first.
        traffic: Which version answers when the client names none.
        mirror: Which version answers some of those requests as well.
        parameters: What the metadata tells beside names and shapes.
    """

    name: str
    lanes: dict[str, Lane]
    traffic: Traffic
    mirror: Mirror
    parameters: dict[str, Any]

    @property
    def versions(self) -> list[str]:
        """Names of the versions, oldest first."""
        return list(self.lanes)

    def lane(self, version: str) -> Lane:
        """Return what answers for a version.

        Raises:
            NotServed: The message names the versions.
        """
        if version not in self.lanes:
            msg = (
                f"Model {self.name!r} has no version {version!r}. "
                f"Versions: {', '.join(self.lanes)}."
            )
            raise NotServed(msg)
        return self.lanes[version]


class ModelStore:
    """Models by name."""

    def __init__(self, models: Iterable[ServedModel]) -> None:
        self.models = {model.name: model for model in models}

    def model(self, name: str) -> ServedModel:
        """Return a model.

        Raises:
            NotServed: The message names the models, and the nearest name.
        """
        if name not in self.models:
            near = get_close_matches(name, self.models, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            msg = f"No model {name[:64]!r} is served.{hint} Models: {', '.join(self.models)}."
            raise NotServed(msg)
        return self.models[name]

    def describe(self) -> str:
        """Name models and versions in one line.

        For example ``magika versions 1, 2, 3; iris version 1``.
        """
        return "; ".join(
            f"{model.name} version{'s' if len(model.lanes) > 1 else ''} {', '.join(model.lanes)}"
            for model in self.models.values()
        )

    def close(self, timeout: float) -> None:
        """Stop every lane, each within `timeout` seconds."""
        for model in self.models.values():
            for lane in model.lanes.values():
                lane.close(timeout)


def load_store(
    files: Sequence[ModelFile],
    limits: LaneLimits,
    on_batch: Callable[[str, str, int, Sequence[float]], None],
) -> ModelStore:
    """Load every file and start its lane.

    Raises:
        CannotStart: A file is no model that can be served.
    """
    names = dict.fromkeys(file.name for file in files)
    loaded = [(file, OnnxModel(file.path)) for file in files]
    return ModelStore(
        _serve([pair for pair in loaded if pair[0].name == name], limits, on_batch)
        for name in names
    )


def _serve(
    versions: list[tuple[ModelFile, OnnxModel]],
    limits: LaneLimits,
    on_batch: Callable[[str, str, int, Sequence[float]], None],
) -> ServedModel:
    by_version = {file.version: (file, model) for file, model in versions}
    oldest_first = newest_first(list(by_version))[::-1]
    name = versions[0][0].name

    def start(version: str) -> Lane:
        def tell(rows: int, waits: Sequence[float]) -> None:
            on_batch(name, version, rows, waits)

        return Lane(by_version[version][1], limits, on_batch=tell)

    return ServedModel(
        name=name,
        lanes={version: start(version) for version in oldest_first},
        traffic=Traffic(name, oldest_first),
        mirror=Mirror(),
        parameters=versions[0][0].parameters,
    )
