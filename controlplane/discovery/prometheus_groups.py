"""Target groups as Prometheus writes them, in files and over HTTP: read into targets. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from controlplane.discovery import found_target
from controlplane.errors import DiscoveryError
from controlplane.target_spec import DiscoverySpec, TargetSpec

__all__ = ["read_groups", "target_name"]

MOST_TARGETS = 20_000
OURS = ("service", "version", "server")
_ODD = re.compile(r"[^A-Za-z0-9._]+", re.ASCII)
_NAME_LENGTH = 63


def read_groups(spec: DiscoverySpec, place: str, document: object) -> tuple[TargetSpec, ...]:
    """Return the targets of ``[{"targets": ["host:port"], "labels": {...}}]``.

    ``__scheme__`` and ``__metrics_path__`` are understood, and the labels ``service``, ``version``
    and ``server``. An entry that is a target as trimtab.yaml writes it is taken as it is.

    Raises:
        DiscoveryError: It is something else; the message names the place.
    """
    if not isinstance(document, list):
        msg = f"{place} holds no list of targets."
        raise DiscoveryError(msg, hint='write [{"targets": ["host:port"], "labels": {...}}]')
    found: list[TargetSpec] = []
    for number, group in enumerate(document, 1):
        where = f"{place}, entry {number}"
        if not isinstance(group, Mapping):
            msg = f"{where} is no mapping."
            raise DiscoveryError(msg)
        if "url" in group:
            found.append(found_target(spec, where, {str(k): v for k, v in group.items()}))
        else:
            found.extend(_of_group(spec, where, group))
        if len(found) > MOST_TARGETS:
            msg = f"{place} names more than {MOST_TARGETS} targets."
            raise DiscoveryError(msg)
    return tuple(found)


def target_name(*parts: str) -> str:
    """Return a name that trimtab takes, made of an address or whatever says which one it is."""
    name = _ODD.sub("-", "-".join(part for part in parts if part)).strip("-._")
    return name[-_NAME_LENGTH:].lstrip("-._") or "target"


def _of_group(spec: DiscoverySpec, where: str, group: Mapping[Any, Any]) -> list[TargetSpec]:
    addresses, labels = group.get("targets"), group.get("labels") or {}
    if not isinstance(addresses, list) or not isinstance(labels, Mapping):
        msg = f"{where} needs targets: a list of addresses; labels, if any, are a mapping."
        raise DiscoveryError(msg)
    scheme = str(labels.get("__scheme__", "http"))
    path = str(labels.get("__metrics_path__", "/metrics"))
    said = {key: str(labels[key]) for key in OURS if key in labels}
    return [
        found_target(
            spec,
            where,
            said
            | {
                "name": target_name(said.get("service", spec.service or ""), str(address)),
                "url": f"{scheme}://{address}{path}",
            },
        )
        for address in addresses
    ]
