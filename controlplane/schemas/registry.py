"""Shapes of what a model registry asks for."""

from controlplane.schemas.shape import Shape

__all__ = ["HeardOut", "RegistryEntryOut"]


class HeardOut(Shape):
    """What became of what was said: the id of a rollout, or None, and why."""

    rollout: str | None
    reason: str


class RegistryEntryOut(Shape):
    """A rollout that a model registry asked for.

    Attributes:
        rollout: Its id.
        model: Name of the registered model.
        alias: That was moved.
        version: Of the model.
        state: ``pending`` while more may have to be told, ``settled``, or ``dead`` where the registry
            will not hear it.
        written: Tags as they were set last.
        attempts: Tries since one was taken.
        detail: What came back last.
    """

    rollout: str
    model: str
    alias: str
    version: str
    state: str
    written: dict[str, str]
    attempts: int
    detail: str
