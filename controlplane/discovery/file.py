"""Targets from files, looked at again and again: our own form, or Prometheus's file discovery."""

import asyncio
from pathlib import Path

import yaml

from controlplane.discovery.prometheus_groups import read_groups
from controlplane.errors import DiscoveryError, InvalidConfig
from controlplane.target_spec import DiscoverySpec, TargetSpec

__all__ = ["FileDiscovery"]

MOST_BYTES = 8 << 20
MOST_FILES = 1000


class FileDiscovery:
    """Reads YAML and JSON files.

    Args:
        spec: ``path`` names them, with wildcards.
        folder: Where relative paths start.
    """

    def __init__(self, spec: DiscoverySpec, folder: Path) -> None:
        if spec.path is None:
            msg = "A discovery of kind file needs path: targets/*.yaml."
            raise InvalidConfig(msg)
        self.spec = spec
        self._pattern = spec.path
        self._folder = folder

    async def targets(self) -> tuple[TargetSpec, ...]:
        """Return the targets of all files; one file that cannot be read holds back the change."""
        return await asyncio.to_thread(self._read)

    async def close(self) -> None:
        """Nothing is held open."""

    def _read(self) -> tuple[TargetSpec, ...]:
        start = Path("/") if Path(self._pattern).is_absolute() else self._folder
        paths = sorted(start.glob(self._pattern.lstrip("/")))
        if len(paths) > MOST_FILES:
            msg = f"{self._pattern} names {len(paths)} files; at most {MOST_FILES} are read."
            raise DiscoveryError(msg)
        return tuple(target for path in paths for target in self._of_file(path))

    def _of_file(self, path: Path) -> tuple[TargetSpec, ...]:
        try:
            with path.open("rb") as file:
                text = file.read(MOST_BYTES + 1)
            if len(text) > MOST_BYTES:
                msg = f"{path} is larger than {MOST_BYTES >> 20} MiB."
                raise DiscoveryError(msg)
            document = yaml.safe_load(text)  # JSON is YAML
        except (OSError, yaml.YAMLError, RecursionError, ValueError) as error:
            msg = f"{path} cannot be read: {' '.join(str(error).split())[:200]}"
            raise DiscoveryError(msg) from error
        if document is None:
            return ()  # an empty file, as one that is just being written
        return read_groups(self.spec, str(path), document)
