"""The first trimtab.yaml of a newcomer, written after a look at the targets."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from controlplane.detecting import look_at
from controlplane.discovery.prometheus_groups import target_name
from controlplane.errors import InvalidConfig
from controlplane.schemas import DetectionOut
from controlplane.spec import parse_config

__all__ = ["Written", "write_first_config"]

HEAD = """\
# Written by trimtab init. All keys: README.md. Check it with: trimtab doctor -c {name}
targets:                                   # what is watched
{targets}
slos: [{slos}]                             # OpenSLO v1; change the targets to what you promise
services:
  {service}: {{}}                            # route, rollout, scale, probes, breaker: see README.md
notify:
  receivers: {{log: [{{kind: log}}]}}          # or {{kind: webhook, url: ..., secret: "env:HOOK_KEY"}}
storage: {{database: "sqlite:///trimtab.db"}}
api: {{listen: 127.0.0.1:9470}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written: how many SLOs, and lines that tell of it."""

    slos: int
    told: tuple[str, ...]


async def write_first_config(
    urls: Sequence[str], *, service: str, folder: Path, force: bool
) -> Written:
    """Look at every target; write trimtab.yaml and slos/<service>.yaml.

    Raises:
        InvalidConfig: A file is there already, or cannot be written.
    """
    config, slos = folder / "trimtab.yaml", folder / "slos" / f"{service}.yaml"
    for path in (config, slos):
        if path.exists() and not force:
            msg = f"{path} is there already."
            raise InvalidConfig(msg, hint="write elsewhere with --folder, or over it with --force")
    looks = [await look_at(url, service=service) for url in urls]
    text = HEAD.format(
        name=config,
        targets="\n".join(_target(look, service) for look in looks),
        slos=f"slos/{service}.yaml",
        service=service,
    )
    parse_config(text, origin=str(config))
    documents = _documents(looks)
    try:
        slos.parent.mkdir(parents=True, exist_ok=True)
        slos.write_text(yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True))
        config.write_text(text)
    except OSError as error:
        msg = f"{error.filename} cannot be written: {error.strerror}."
        raise InvalidConfig(msg) from error
    told = [f"{look.target}: {_seen(look)}" for look in looks]
    return Written(
        slos=len(documents), told=(*told, f"{config} and {slos} ({len(documents)} SLOs)")
    )


def _target(look: DetectionOut, service: str) -> str:
    system = look.systems[0].system if look.systems else None
    place = urlsplit(look.target).netloc
    document = {"name": target_name(service, place), "url": look.target, "service": service}
    if system is not None:
        document["server"] = system
    line = yaml.safe_dump(document, default_flow_style=True, sort_keys=False, width=1000).strip()
    return f"  - {line}"


def _documents(looks: Sequence[DetectionOut]) -> list[dict[str, object]]:
    """Return each SLO once: replicas carry the same ones."""
    found: dict[str, dict[str, object]] = {}
    for look in looks:
        for system in look.systems:
            for document in system.slos:
                metadata = document["metadata"]
                name = metadata["name"] if isinstance(metadata, dict) else ""
                found.setdefault(str(name), document)
    return list(found.values())


def _seen(look: DetectionOut) -> str:
    if not look.systems:
        return f"not recognised ({look.reason})"
    return ", ".join(f"{system.title} ({system.confidence})" for system in look.systems)
