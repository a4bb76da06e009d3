"""Several replicas as one router."""

import pytest

from controlplane.building import make_routers
from controlplane.errors import InvalidConfig, RouterError
from controlplane.routers import Mirroring, Replicated, replicas_of
from controlplane.routers.replicated import ReplicatedRouter
from controlplane.spec import parse_config
from tests.fakes import InMemoryRouter

pytestmark = pytest.mark.anyio


async def test_all_are_given_the_same_and_read_as_one() -> None:
    parts = {name: InMemoryRouter({"1": 100.0, "2": 0.0}) for name in "ab"}
    router = ReplicatedRouter(parts)
    await router.set_weights({"1": 90.0, "2": 10.0}, fencing=2)
    assert [part.weights["2"] for part in parts.values()] == [10.0, 10.0]
    parts["a"].weights = {"1": 100.0, "2": 0.0}
    assert await router.read_weights() == {"1": 95.0, "2": 5.0}
    parts["b"].down = True
    with pytest.raises(RouterError):
        await router.read_weights()


async def test_urls_make_a_router_of_each_replica_called_by_its_address() -> None:
    route = '{router: reference-server, name: m, urls: ["http://a:1", "http://b:2/x"]}'
    config = parse_config(f"services: {{s: {{route: {route}}}}}", origin="trimtab.yaml")
    router = make_routers(config)["s"]
    assert isinstance(router, Replicated)
    assert not isinstance(router, Mirroring)
    assert tuple(replicas_of(router)) == ("a:1", "b:2/x")
    assert all(isinstance(part, Mirroring) for part in replicas_of(router).values())
    await router.close()


@pytest.mark.parametrize(
    ("route", "told"),
    [
        ('{router: reference-server, name: m, url: "http://a", urls: ["http://b"]}', "one url, or"),
        ('{router: reference-server, name: m, urls: ["http://b", "http://b"]}', "two replicas"),
        ("{router: reference-server, name: m, urls: []}", "a router needs a url"),
        ('{router: flag, name: m, version: "1", urls: ["http://b"]}', "have no urls"),
    ],
)
def test_addresses_that_cannot_be_are_refused(route: str, told: str) -> None:
    with pytest.raises(InvalidConfig, match=told):
        parse_config(f"services: {{s: {{route: {route}}}}}", origin="trimtab.yaml")
