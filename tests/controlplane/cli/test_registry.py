import json

from controlplane.store.registry_entries import Followed
from tests.controlplane.cli.test_rollout import start
from tests.controlplane.running_plane import RunningPlane


async def follow(running: RunningPlane, rollout_id: str) -> None:
    plane = running.plane
    followed = Followed(model="ResNet 50", alias="champion", version="2")
    with plane.engine.begin() as connection:
        plane.registry_entries.add(connection, plane.rollouts.get(rollout_id), followed)


def test_what_a_registry_asked_for_is_listed(trimtab, running: RunningPlane) -> None:
    assert trimtab("registry", "list").stdout.count("\n") == 1
    made = str(start(trimtab)["id"])
    running.do(follow(running, made))
    (_, line) = trimtab("registry", "list").stdout.splitlines()
    assert line.split("\t") == ["ResNet 50@champion", "2", made, "-", "pending", "0", ""]
    (entry,) = json.loads(trimtab("registry", "list", "-o", "json").stdout)
    assert entry["rollout"] == made
