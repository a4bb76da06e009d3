from dataclasses import replace

import pytest

from controlplane import rollout_desk, rollout_draft
from controlplane.decide.rollout import Rollout
from controlplane.errors import Refused
from controlplane.store.rollouts import RolloutStore
from tests.controlplane.small_world import World, asked

pytestmark = pytest.mark.anyio


class LateReader(RolloutStore):
    """Reads what stood before somebody else's change."""

    def get(self, rollout_id: str) -> Rollout:
        return _before(super().get(rollout_id))

    def list(self, *, service: str | None = None, active: bool = False) -> tuple[Rollout, ...]:
        return tuple(_before(found) for found in super().list(service=service, active=active))


def _before(rollout: Rollout) -> Rollout:
    return replace(rollout, generation=rollout.generation - 1)


async def test_who_read_too_early_is_refused_and_changes_nothing(world: World) -> None:
    plane = world.plane
    draft = rollout_draft.draft(plane, asked())
    made = rollout_desk.start(plane, draft, idempotency_key=None)
    late = replace(plane, rollouts=LateReader(plane.engine))
    with pytest.raises(Refused, match="at the same moment"):
        rollout_desk.ask(late, made.id, "abort", reason="")
    newer = rollout_draft.draft(late, asked())
    with pytest.raises(Refused, match="at the same moment"):
        rollout_desk.start(late, newer, idempotency_key=None)
    assert plane.rollouts.list() == (made,)
    assert len(plane.trail.audit()) == 1


async def test_every_rollout_has_a_name_of_its_own(world: World) -> None:
    names = {rollout_draft.draft(world.plane, asked()).id for _ in range(100)}
    assert len(names) == 100
