"""Targets from Kubernetes: running pods by label, with the annotations that Prometheus users know.

A pod is asked at ``port`` of the discovery, or the annotation ``prometheus.io/port``, or its first
declared port that is called metrics or http-metrics. ``prometheus.io/path`` and ``prometheus.io/scheme``
are understood. The version is the label ``app.kubernetes.io/version`` or ``version``, the service the
label ``app.kubernetes.io/name`` or ``app`` where the discovery names none.
"""

import asyncio
from pathlib import Path
from typing import Any

from controlplane.discovery import found_target
from controlplane.discovery.prometheus_groups import target_name
from controlplane.errors import DiscoveryError, InvalidConfig
from controlplane.target_spec import DiscoverySpec, TargetSpec

__all__ = ["KubernetesDiscovery"]

DEADLINE_SECONDS = 15.0
PAGE = 500
MOST_PODS = 20_000
PORT_NAMES = ("metrics", "http-metrics", "http-usermetric")
VERSION_LABELS = ("app.kubernetes.io/version", "version", "rollouts-pod-template-hash")
"""The last one is what Argo Rollouts tells versions apart by."""

SERVICE_LABELS = ("app.kubernetes.io/name", "app")


class KubernetesDiscovery:
    """Lists pods through Kubernetes's own client.

    Args:
        spec: ``selector`` chooses pods by label, ``namespace`` narrows it down.
        folder: Not used.
        api: Another client than the one that the kubeconfig or the pod's account gives.
    """

    def __init__(self, spec: DiscoverySpec, folder: Path, *, api: Any = None) -> None:  # noqa: ANN401, ARG002
        if spec.selector is None:
            msg = "A discovery of kind kubernetes needs selector: app=resnet."
            raise InvalidConfig(msg)
        try:
            from kubernetes_asyncio import client, config  # noqa: PLC0415 -- an extra
        except ImportError as error:
            msg = "A discovery of kind kubernetes needs the Kubernetes client."
            raise InvalidConfig(msg, hint="pip install 'trimtab[kubernetes]'") from error
        self.spec = spec
        self._client, self._api = client, api
        self._config: Any = config

    async def targets(self) -> tuple[TargetSpec, ...]:
        """List the pods once, page by page."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                pods = await self._pods()
        except TimeoutError as error:
            msg = f"Kubernetes did not answer within {DEADLINE_SECONDS:g} s."
            raise DiscoveryError(msg) from error
        except self._client.ApiException as error:
            msg = f"Kubernetes refused to list pods: {error.status} {error.reason}."
            raise DiscoveryError(msg, hint="the account needs to list pods") from error
        except (OSError, self._config.ConfigException) as error:
            msg = f"Kubernetes cannot be asked: {type(error).__name__}: {error}"
            raise DiscoveryError(msg) from error
        found = (self._target(pod) for pod in pods)
        return tuple(target for target in found if target is not None)

    async def close(self) -> None:
        """Close the connection."""
        if self._api is not None:
            await self._api.close()

    async def _pods(self) -> list[Any]:
        if self._api is None:
            self._api = await self._connected()
        core, spec = self._client.CoreV1Api(self._api), self.spec
        pods: list[Any] = []
        more: str | None = None
        while True:
            query: dict[str, Any] = {
                "label_selector": spec.selector,
                "limit": PAGE,
                "_continue": more,
            }
            if spec.namespace is None:
                page = await core.list_pod_for_all_namespaces(**query)
            else:
                page = await core.list_namespaced_pod(spec.namespace, **query)
            pods += page.items
            more = page.metadata._continue  # noqa: SLF001 -- so the client spells it
            if not more:
                return pods
            if len(pods) > MOST_PODS:
                msg = f"The selector {spec.selector!r} matches more than {MOST_PODS} pods."
                raise DiscoveryError(msg, hint="narrow it down, or name a namespace")

    async def _connected(self) -> Any:  # noqa: ANN401 -- the client has no types
        if self.spec.context is None:
            try:
                self._config.load_incluster_config()
            except self._config.ConfigException:
                await self._config.load_kube_config()
        else:
            await self._config.load_kube_config(context=self.spec.context)
        return self._client.ApiClient()

    def _target(self, pod: Any) -> TargetSpec | None:  # noqa: ANN401 -- the client has no types
        """Return the pod as a target; None while it has no address, is going, or has no port."""
        if (
            not pod.status.pod_ip
            or pod.metadata.deletion_timestamp
            or pod.status.phase != "Running"
        ):
            return None
        marks, labels = pod.metadata.annotations or {}, pod.metadata.labels or {}
        port = self.spec.port or marks.get("prometheus.io/port") or _declared_port(pod)
        if port is None:
            return None
        host = f"[{pod.status.pod_ip}]" if ":" in pod.status.pod_ip else pod.status.pod_ip
        path = self.spec.path or marks.get("prometheus.io/path", "/metrics")
        said = {
            "name": target_name(pod.metadata.namespace, pod.metadata.name),
            "url": f"{marks.get('prometheus.io/scheme', 'http')}://{host}:{port}{path}",
        }
        said |= _first(labels, "version", VERSION_LABELS, usual=self.spec.version)
        said |= _first(labels, "service", SERVICE_LABELS, usual=self.spec.service)
        return found_target(self.spec, f"pod {pod.metadata.namespace}/{pod.metadata.name}", said)


def _declared_port(pod: Any) -> int | None:  # noqa: ANN401 -- the client has no types
    ports = [port for container in pod.spec.containers for port in container.ports or ()]
    named = (port.container_port for port in ports if port.name in PORT_NAMES)
    return next(named, None)


def _first(
    labels: dict[str, str], key: str, names: tuple[str, ...], *, usual: str | None
) -> dict[str, str]:
    if usual is not None:
        return {}
    return next(({key: labels[name]} for name in names if name in labels), {})
