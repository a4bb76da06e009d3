"""Every target there is: those of trimtab.yaml, those added by people, and those discovered."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from controlplane.target_spec import TargetSpec

__all__ = ["API", "CONFIG", "TargetBook"]

CONFIG, API = "trimtab.yaml", "api"
MAX_TARGETS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    spec: TargetSpec
    origin: str


class TargetBook:
    """Targets by name. Of two with one name the earlier origin's is taken, and the other told.

    Args:
        targets: Those of trimtab.yaml.
    """

    def __init__(self, targets: Iterable[TargetSpec] = ()) -> None:
        self._origins: dict[str, tuple[TargetSpec, ...]] = {CONFIG: tuple(targets), API: ()}
        self._entries: dict[str, _Entry] = {}
        self._by_service: dict[str, tuple[TargetSpec, ...]] = {}
        self._refused: dict[str, dict[str, str]] = {}
        self._merge()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def targets(self) -> tuple[TargetSpec, ...]:
        """Return all of them."""
        return tuple(entry.spec for entry in self._entries.values())

    def get(self, name: str) -> TargetSpec | None:
        """Return one by name."""
        entry = self._entries.get(name)
        return None if entry is None else entry.spec

    def origin(self, name: str) -> str:
        """Return where a target comes from."""
        return self._entries[name].origin

    def of_service(self, service: str) -> tuple[TargetSpec, ...]:
        """Return the targets of one service."""
        return self._by_service.get(service, ())

    def of_origin(self, origin: str) -> tuple[TargetSpec, ...]:
        """Return what one origin last said."""
        return self._origins.get(origin, ())

    def refused(self, origin: str) -> Mapping[str, str]:
        """Return which targets of an origin are not watched, and why."""
        return self._refused.get(origin, {})

    def put(self, origin: str, targets: Iterable[TargetSpec]) -> bool:
        """Take what an origin says now; return whether anything changed."""
        said = tuple(targets)
        if self._origins.get(origin) == said:
            return False
        self._origins[origin] = said
        before = dict(self._entries)
        self._merge()
        return before != self._entries

    def _merge(self) -> None:
        entries: dict[str, _Entry] = {}
        refused: dict[str, dict[str, str]] = {}
        for origin, targets in self._origins.items():
            for spec in targets:
                if spec.name in entries:
                    taken = entries[spec.name]
                    if taken.spec.url != spec.url:
                        why = f"{taken.origin} has that name already"
                        refused.setdefault(origin, {})[spec.name] = why
                elif len(entries) == MAX_TARGETS:
                    why = f"there are {MAX_TARGETS} targets already"
                    refused.setdefault(origin, {})[spec.name] = why
                else:
                    entries[spec.name] = _Entry(spec=spec, origin=origin)
        self._entries, self._refused = entries, refused
        by_service: defaultdict[str, list[TargetSpec]] = defaultdict(list)
        for entry in entries.values():
            by_service[entry.spec.service].append(entry.spec)
        self._by_service = {service: tuple(found) for service, found in by_service.items()}
