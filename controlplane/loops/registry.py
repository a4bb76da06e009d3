"""Tell the model registry how its rollouts stand, and ask it for what no delivery told us."""

from controlplane.decide.delivery import Answer, Result, next_delivery
from controlplane.decide.registry_tags import changed_tags, tags_of
from controlplane.errors import EngineError
from controlplane.plane import Plane
from controlplane.registries.mlflow import MlflowRegistry
from controlplane.registry_desk import take_look
from controlplane.store.registry_entries import RegistryEntry

__all__ = ["look_at_aliases", "tell_registry"]

MOST_FAILURES = 3
"""A registry that fails so often in one look is left alone until the next."""


async def tell_registry(plane: Plane) -> None:
    """Set the tags of every version whose rollout stands otherwise than was told, one by one.

    It compares what is with what was told, so nothing is lost when the plane or the registry was away.
    """
    if plane.registry is None:
        return
    for entry in plane.registry_entries.due(plane.now()):
        await _tell(plane, plane.registry, entry)


async def look_at_aliases(plane: Plane) -> None:
    """Ask where the aliases stand: a delivery may have been lost while the plane was away."""
    if plane.registry is None:
        return
    failures = 0
    for model in plane.registry.spec.models:
        version = None
        try:
            version = await plane.registry.version_at(model.model, model.alias)
        except EngineError:  # the next look asks again, and `trimtab doctor` tells
            failures += 1
        if failures >= MOST_FAILURES:
            return
        if version is not None:
            take_look(plane, model, version)


async def _tell(plane: Plane, registry: MlflowRegistry, entry: RegistryEntry) -> None:
    rollout = plane.rollouts.get(entry.rollout_id)
    wanted = tags_of(rollout)
    changed = changed_tags(entry.written, wanted)
    answer = Answer(result=Result.DELIVERED, detail=entry.detail)
    if changed:
        followed = entry.followed
        answer = await registry.set_tags(followed.model, followed.version, changed)
    elif rollout.active:
        return
    taken = answer.result is Result.DELIVERED
    attempts = 0 if taken else entry.attempts + 1
    delivery = next_delivery(
        answer, attempts=attempts, now=plane.now(), jitter=float(plane.rng.random())
    )
    done = "settled" if taken and not rollout.active else delivery.state
    with plane.engine.begin() as connection:
        plane.registry_entries.told(
            connection,
            entry,
            written=wanted if taken else entry.written,
            state="pending" if done == "delivered" else done,
            delivery=delivery,
        )
