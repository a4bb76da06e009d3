"""MLflow itself: its webhooks start rollouts here, and its model versions are told how they went."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from controlplane.demo.processes import free_port
from tests.systems.live_plane import LivePlane, live_fleet, live_plane

HOME = Path(__file__).parents[2] / ".servers" / "mlflow"
START_SECONDS = 90.0
KEY = "a secret that both know"
FOLLOWED = """
registry:
  mlflow:
    url: "{url}"
    secret: "file:{folder}/webhook.key"
    every: {every}
    models: [{{model: {model}, alias: champion, service: resnet}}]
"""
SETTINGS = {
    # By default MLflow delivers by https to public addresses alone.
    "_MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
    "_MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
    "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
    "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
    "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=",
    "MLFLOW_WEBHOOK_CACHE_TTL": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


class Mlflow:
    """The registry as people use it: by its REST API."""

    def __init__(self, url: str) -> None:
        self.url, self.model = url, ""
        # Each call has a connection of its own: one that idles is closed at the server's convenience.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(base_url=url, timeout=30.0, trust_env=False, limits=limits)

    def close(self) -> None:
        self._http.close()

    def call(self, verb: str, path: str, **said: object) -> dict[str, object]:
        query = {"params": said} if verb == "GET" else {"json": said}
        answer = self._http.request(verb, f"/api/2.0/mlflow/{path}", **query)  # type: ignore[arg-type]
        assert answer.is_success, answer.text
        return dict(answer.json())

    def tags(self, version: str) -> dict[str, str]:
        found = self.call("GET", "model-versions/get", name=self.model, version=version)
        return {each["key"]: each["value"] for each in found["model_version"].get("tags", [])}  # type: ignore[attr-defined]

    def tags_with(self, version: str, *, within: float = 45.0, **wanted: str) -> dict[str, str]:
        deadline = time.monotonic() + within
        while True:
            found = self.tags(version)
            if all(found.get(f"trimtab.{key}") == value for key, value in wanted.items()):
                return found
            assert time.monotonic() < deadline, f"{found} and not {wanted}"
            time.sleep(0.2)


@contextmanager
def mlflow(folder: Path) -> Iterator[Mlflow]:
    if not (HOME / "ready").exists():
        pytest.skip("mlflow is not installed: make servers")
    port, log = free_port(), folder / "mlflow.log"
    command = [str(HOME / "bin" / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port)]
    stores = ["--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, *stores, "--default-artifact-root", str(folder / "artifacts")],
            cwd=folder,
            env=os.environ | SETTINGS,  # noqa: TID251 -- MLflow has no other way to be told
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        registry = Mlflow(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + START_SECONDS
        while not _healthy(registry.url):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(log.read_text(errors="replace")[-4_000:])
            time.sleep(0.2)
        yield registry
        registry.close()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _healthy(url: str) -> bool:
    try:
        return httpx.get(url + "/health", timeout=2.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    """One server for all: it takes half a minute to start."""
    with mlflow(tmp_path_factory.mktemp("mlflow")) as started:
        yield started


@pytest.fixture
def registry(server: Mlflow, request: pytest.FixtureRequest) -> Mlflow:
    """The server, with three versions of a model of the test's own."""
    server.model = request.node.name[:60]
    server.call("POST", "registered-models/create", name=server.model)
    for number in range(3):
        source = f"s3://models/{number}"
        server.call("POST", "model-versions/create", name=server.model, source=source)
    return server


def following(folder: Path, registry: Mlflow, *, every: str) -> str:
    (folder / "webhook.key").write_text(KEY)
    return FOLLOWED.format(url=registry.url, folder=folder, every=every, model=registry.model)


def champion(registry: Mlflow, version: str) -> None:
    said = {"name": registry.model, "alias": "champion", "version": version}
    registry.call("POST", "registered-models/alias", **said)


def hook(registry: Mlflow, plane: LivePlane, secret: str = KEY) -> str:
    made = registry.call(
        "POST",
        "webhooks",
        name="trimtab",
        url=f"{plane.url}/hooks/mlflow",
        events=[
            {"entity": "MODEL_VERSION_ALIAS", "action": "CREATED"},
            {"entity": "MODEL_VERSION_TAG", "action": "SET"},
        ],
        secret=secret,
    )
    return str(made["webhook"]["webhook_id"])  # type: ignore[index]


def test_an_alias_starts_a_rollout_and_the_version_is_told_how_it_went(
    tmp_path: Path, registry: Mlflow
) -> None:
    with (
        live_fleet() as fleet,
        live_plane(tmp_path, fleet, more=following(tmp_path, registry, every="0s")) as plane,
    ):
        webhook = hook(registry, plane)
        tried = registry.call("POST", f"webhooks/{webhook}/test")["result"]
        assert tried["success"] is True, tried  # type: ignore[index]
        assert "no service follows example_model@example_alias" in tried["response_body"]  # type: ignore[index]

        champion(registry, "2")
        good = registry.tags_with("2", phase="Succeeded")
        assert good["trimtab.outcome"] == "promoted"
        assert fleet.weights["2"] == 100.0

        fleet.versions["3"], fleet.bad["3"] = 200, 0.05
        fleet.weights["3"] = 0.0
        champion(registry, "3")
        registry.tags_with("3", phase="Progressing")
        plane.stop(signal.SIGKILL)
        plane.start()
        bad = registry.tags_with("3", phase="RolledBack")
        assert bad["trimtab.outcome"] == "rolled_back"
        assert bad["trimtab.verdict"] == "rollback"
        assert "error" in bad["trimtab.reason"]
        assert fleet.weights["2"] == 100.0


def test_a_webhook_with_another_secret_starts_nothing_and_a_look_finds_what_was_lost(
    tmp_path: Path, registry: Mlflow
) -> None:
    champion(registry, "1")
    with (
        live_fleet() as fleet,
        live_plane(tmp_path, fleet, more=following(tmp_path, registry, every="1s")) as plane,
    ):
        tried = registry.call("POST", f"webhooks/{hook(registry, plane, 'another')}/test")["result"]
        assert tried["response_status"] == 401, tried  # type: ignore[index]
        time.sleep(2.5)
        assert registry.tags("1") == {}
        plane.stop(signal.SIGKILL)
        champion(registry, "2")
        plane.start()
        registry.tags_with("2", outcome="promoted")
        assert fleet.weights["2"] == 100.0
