"""Where a model registry asks for rollouts: an alias that moved is a version that should serve."""

from dataclasses import dataclass
from hashlib import sha256

from controlplane import rollout_desk, rollout_draft
from controlplane.errors import NotFound, Refused
from controlplane.plane import Plane
from controlplane.registries.mlflow_delivery import Delivery
from controlplane.registry_spec import FollowedModel
from controlplane.schemas import RolloutIn
from controlplane.store.registry_entries import Followed

__all__ = ["Heard", "take_delivery", "take_look"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What became of what a registry said: a rollout, or none and why."""

    rollout_id: str | None
    reason: str


def take_delivery(plane: Plane, delivery: Delivery) -> Heard:
    """Start the rollout that a delivery asks for, once."""
    moved = delivery.moved
    if moved is None:
        return Heard(rollout_id=None, reason=f"{delivery.kind} asks for no rollout")
    followed = (each for each in _models(plane) if each.model == moved.name)
    model = next((each for each in followed if each.alias == moved.alias), None)
    if model is None:
        return Heard(rollout_id=None, reason=f"no service follows {moved.name}@{moved.alias}")
    return _start(plane, model, moved.version, key=f"mlflow/{delivery.id}")


def take_look(plane: Plane, model: FollowedModel, version: str) -> Heard | None:
    """Start the rollout of a version that an alias stands at, where no delivery told us.

    An alias that is seen for the first time asks for nothing: it may have stood there for years.

    Returns:
        What was started, or why not; None where nothing was missed.
    """
    before = plane.registry_entries.heard(model.model, model.alias)
    if before is None:
        _remember(plane, model, version)
    if before is None or before.version == version:
        return None
    seen = f"{model.model}@{model.alias}: {before.version} at {before.at}, then {version}"
    return _start(plane, model, version, key=f"mlflow/{sha256(seen.encode()).hexdigest()}")


def _start(plane: Plane, model: FollowedModel, version: str, *, key: str) -> Heard:
    """Start the rollout of a version, unless there is one; a move that cannot be followed is told.

    Args:
        plane: The plane.
        model: Whose alias it is.
        version: As the registry numbers it.
        key: That never starts two.
    """
    running = plane.rollouts.list(service=model.service, active=True)
    same = next((each for each in running if each.spec.version == version), None)
    if same is not None:
        heard = Heard(rollout_id=same.id, reason=f"rollout {same.id} brings it in already")
    else:
        heard = _started(plane, model, version, key)
    _remember(plane, model, version, refusal="" if heard.rollout_id else heard.reason)
    return heard


def _started(plane: Plane, model: FollowedModel, version: str, key: str) -> Heard:
    conflict = rollout_desk.replacing(plane, model.service)
    try:
        made = rollout_desk.start(
            plane,
            rollout_draft.draft(plane, RolloutIn(service=model.service, version=version)),
            idempotency_key=key,
            on_conflict="queue" if model.on_conflict == "queue" else conflict,
            followed=Followed(model=model.model, alias=model.alias, version=version),
        )
    except (Refused, NotFound) as error:
        return Heard(rollout_id=None, reason=str(error))
    return Heard(rollout_id=made.id, reason=f"{model.model}@{model.alias} is version {version}")


def _models(plane: Plane) -> tuple[FollowedModel, ...]:
    registry = plane.config.registry
    return () if registry is None else registry.mlflow.models


def _remember(plane: Plane, model: FollowedModel, version: str, *, refusal: str = "") -> None:
    """Remember where an alias stands, and tell why its move was not followed."""
    now = plane.now()
    with plane.engine.begin() as connection:
        plane.registry_entries.hear(connection, model.model, model.alias, version, now=now)
        if refusal:
            subject = f"service/{model.service}"
            text = f"{model.model}@{model.alias} is version {version}, and no rollout: {refusal}"
            plane.trail.tell(
                connection, now=now, kind="registry.refused", subject=subject, text=text
            )
