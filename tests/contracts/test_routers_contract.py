"""What every router promises, held against each: real servers, our own flag, and the fake of tests."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from controlplane.decide.route import Mirror
from controlplane.errors import RouterError
from controlplane.routers import Mirroring, Router
from controlplane.routers.flag import FlagRouter
from controlplane.routers.reference_server import ReferenceServerRouter
from controlplane.routers.replicated import ReplicatedRouter
from controlplane.spec import RouteSpec
from controlplane.store.database import open_database
from controlplane.store.flags import FlagStore
from tests.fakes import ManualClock, MirroringRouter

pytestmark = pytest.mark.anyio
KINDS = ("reference server", "replicas", "flag", "fake")
MIRRORING = ("reference server", "fake")
MIRROR = Mirror(version="2", percent=12.5, tolerance=0.01)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[httpx.ASGITransport]]:
    """Two real servers in this process, each with two versions of a small model."""
    for package in ("onnxruntime", "onnx", "magika"):
        pytest.importorskip(package, reason="needs pip install 'trimtab[reference-server]'")
    app = pytest.importorskip("reference_server.app")
    catalogue = pytest.importorskip("reference_server.catalogue")
    settings = pytest.importorskip("reference_server.settings")
    cache = tmp_path_factory.mktemp("builds")
    path = catalogue.find_models(["iris"], cache=cache, versions=[])[0].path
    asked = settings.Settings(models=(f"m={path}:1", f"m={path}:2"), cache_dir=cache)
    with ExitStack() as stack:
        built = [stack.enter_context(app.build_service(asked)) for _ in range(2)]
        yield [httpx.ASGITransport(app=service.app) for service in built]


def over(transport: httpx.ASGITransport) -> ReferenceServerRouter:
    route = RouteSpec(router="reference-server", url="http://server", name="m")
    return ReferenceServerRouter(route, transport=transport)


@pytest.fixture(params=KINDS)
async def router(
    request: pytest.FixtureRequest, tmp_path: Path, next_number: Callable[[], int]
) -> AsyncIterator[Router]:
    """One of each kind, set to version 1."""
    if request.param == "fake":
        made: Router = MirroringRouter({"1": 100.0, "2": 0.0})
    elif request.param == "flag":
        engine = open_database(f"sqlite:///{tmp_path}/flags.db")
        request.addfinalizer(engine.dispose)  # noqa: PT021 -- only this kind has one
        made = FlagRouter(FlagStore(engine), "m", first="1", clock=ManualClock())
    else:
        servers = request.getfixturevalue("servers")
        parts = {str(place): over(each) for place, each in enumerate(servers)}
        made = parts["0"] if request.param == "reference server" else ReplicatedRouter(parts)
    await made.set_weights({"1": 100.0, "2": 0.0}, fencing=next_number())
    yield made
    await made.close()


@pytest.fixture(scope="session")
def next_number() -> Callable[[], int]:
    """Fencing numbers that only grow: the servers remember them from test to test."""
    numbers = iter(range(1, 10_000))
    return lambda: next(numbers)


async def test_what_is_set_is_read_and_may_be_set_again(
    router: Router, next_number: Callable[[], int]
) -> None:
    for weights in ({"1": 95.0, "2": 5.0}, {"1": 95.0, "2": 5.0}, {"2": 100.0}):
        await router.set_weights(weights, fencing=next_number())
        found = await router.read_weights()
        assert {v: share for v, share in found.items() if share} == pytest.approx(weights)


async def test_a_version_that_is_not_named_gets_none_and_is_still_known(
    router: Router, next_number: Callable[[], int]
) -> None:
    await router.set_weights({"2": 100.0}, fencing=next_number())
    assert (await router.read_weights())["1"] == 0.0


async def test_who_led_before_is_refused_and_changes_nothing(
    router: Router, next_number: Callable[[], int]
) -> None:
    older = next_number()
    await router.set_weights({"1": 80.0, "2": 20.0}, fencing=next_number())
    with pytest.raises(RouterError):
        await router.set_weights({"1": 100.0}, fencing=older)
    assert (await router.read_weights())["2"] == pytest.approx(20.0)


@pytest.mark.parametrize("router", ["replicas", "flag"], indirect=True)
async def test_a_router_that_cannot_mirror_claims_nothing_else(router: Router) -> None:
    assert not isinstance(router, Mirroring)


@pytest.mark.parametrize("router", MIRRORING, indirect=True)
async def test_a_mirror_is_set_read_and_ended_as_often_as_one_likes(
    router: Router, next_number: Callable[[], int]
) -> None:
    assert isinstance(router, Mirroring)
    for wanted in (MIRROR, MIRROR, None, None):
        await router.set_mirror(wanted, fencing=next_number())
        assert await router.read_mirror() == wanted
    assert (await router.read_weights())["1"] == 100.0


@pytest.mark.parametrize("router", MIRRORING, indirect=True)
async def test_who_led_before_sets_and_ends_no_mirror(
    router: Router, next_number: Callable[[], int]
) -> None:
    assert isinstance(router, Mirroring)
    older = next_number()
    await router.set_mirror(MIRROR, fencing=next_number())
    for wanted in (None, MIRROR):
        with pytest.raises(RouterError):
            await router.set_mirror(wanted, fencing=older)
    assert await router.read_mirror() == MIRROR
    await router.set_mirror(None, fencing=next_number())
