"""Targets from Kubernetes: the real client, against the API's documented answers."""

import pytest
from aiohttp import web

from controlplane.discovery.kubernetes import KubernetesDiscovery
from controlplane.errors import DiscoveryError, InvalidConfig
from controlplane.target_spec import DiscoverySpec

client = pytest.importorskip("kubernetes_asyncio.client", reason="needs trimtab[kubernetes]")
pytestmark = pytest.mark.anyio


def pod(name: str, *, ip: str | None = "10.1.0.1", phase: str = "Running", **more) -> dict:
    metadata = {"name": name, "namespace": "models", "labels": more.pop("labels", {})}
    metadata["annotations"] = more.pop("annotations", {})
    if more.pop("going", False):
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    ports = more.pop("ports", [{"name": "metrics", "containerPort": 8002}])
    return {
        "metadata": metadata,
        "spec": {"containers": [{"name": "server", "ports": ports}, {"name": "sidecar"}]},
        "status": {"phase": phase, "podIP": ip},
    }


@pytest.fixture
def look(serve, tmp_path):
    async def once(*pages: list[dict], **asked):
        seen = []

        async def answer(request: web.Request) -> web.Response:
            seen.append((request.path, dict(request.query)))
            number = int(request.query.get("continue", 0))
            more = str(number + 1) if number + 1 < len(pages) else ""
            metadata = {"resourceVersion": "1", "continue": more}
            items = pages[number]
            return web.json_response(
                {"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": items}
            )

        url = (await serve(answer)).removesuffix("/")
        api = client.ApiClient(client.Configuration(host=url))
        spec = DiscoverySpec(kind="kubernetes", selector="app=resnet", **asked)
        found = KubernetesDiscovery(spec, tmp_path, api=api)
        try:
            return await found.targets(), seen
        finally:
            await found.close()

    return once


async def test_running_pods_become_targets_page_by_page(look):
    labels = {"app": "resnet", "version": "2"}
    marks = {"prometheus.io/port": "9000", "prometheus.io/path": "/m"}
    found, seen = await look(
        [pod("a", labels=labels), pod("b", phase="Pending"), pod("c", going=True)],
        [pod("d", labels=labels, annotations=marks, ip="fd00::1"), pod("e", ip=None)],
    )
    assert [(t.name, t.url, t.service, t.version) for t in found] == [
        ("models-a", "http://10.1.0.1:8002/metrics", "resnet", "2"),
        ("models-d", "http://[fd00::1]:9000/m", "resnet", "2"),
    ]
    assert [path for path, _ in seen] == ["/api/v1/pods"] * 2
    assert seen[0][1]["labelSelector"] == "app=resnet"
    assert seen[1][1]["continue"] == "1"


async def test_a_namespace_narrows_it_down_and_the_discovery_has_the_last_word(look):
    found, seen = await look(
        [pod("a", labels={"app": "x", "version": "1"}, ports=[])],
        namespace="models",
        service="resnet",
        version="7",
        port=8002,
    )
    assert seen[0][0] == "/api/v1/namespaces/models/pods"
    assert [(t.service, t.version, t.url) for t in found] == [
        ("resnet", "7", "http://10.1.0.1:8002/metrics")
    ]


async def test_where_no_label_names_a_version_argo_rollouts_hash_does(look):
    hashed = {"app": "resnet", "rollouts-pod-template-hash": "69f5d"}
    found, _ = await look([pod("a", labels=hashed), pod("b", labels=hashed | {"version": "2"})])
    assert [target.version for target in found] == ["69f5d", "2"]


async def test_a_pod_without_a_port_is_left_out(look):
    assert (await look([pod("a", ports=[{"name": "http", "containerPort": 1}])]))[0] == ()


async def test_a_refusal_is_told(serve, tmp_path):
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"kind": "Status", "reason": "Forbidden"}, status=403)

    url = (await serve(answer)).removesuffix("/")
    api = client.ApiClient(client.Configuration(host=url))
    spec = DiscoverySpec(kind="kubernetes", selector="app=resnet", service="resnet")
    found = KubernetesDiscovery(spec, tmp_path, api=api)
    with pytest.raises(DiscoveryError, match="403"):
        await found.targets()
    await found.close()


async def test_nobody_there_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    spec = DiscoverySpec(kind="kubernetes", selector="app=resnet", context="nowhere")
    with pytest.raises(DiscoveryError, match="cannot be asked"):
        await KubernetesDiscovery(spec, tmp_path).targets()


def test_it_needs_a_selector(tmp_path):
    with pytest.raises(InvalidConfig, match="needs selector"):
        KubernetesDiscovery(DiscoverySpec(kind="kubernetes"), tmp_path)
