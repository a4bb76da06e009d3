"""Every SLO that is watched, by name and by service; SLOs come and go while the plane runs."""

from collections.abc import Iterable, Iterator, Mapping

from controlplane.promise import Promise

__all__ = ["PromiseBook"]


class PromiseBook(Mapping[str, Promise]):
    """Promises by name.

    Args:
        promises: Those that there are from the beginning.

    Attributes:
        version: Changes whenever a promise comes, goes or changes.
    """

    def __init__(self, promises: Iterable[Promise] = ()) -> None:
        self.version = 0
        self._promises: dict[str, Promise] = {}
        self._by_service: dict[str, dict[str, Promise]] = {}
        for promise in promises:
            self.put(promise)

    def __getitem__(self, name: str) -> Promise:
        return self._promises[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._promises)

    def __len__(self) -> int:
        return len(self._promises)

    @property
    def services(self) -> frozenset[str]:
        """Return the services that something is promised of."""
        return frozenset(self._by_service)

    def of_service(self, service: str) -> tuple[Promise, ...]:
        """Return what is promised of one service."""
        return tuple(self._by_service.get(service, {}).values())

    def put(self, promise: Promise) -> None:
        """Take up a promise, in the place of the one of its name."""
        self.remove(promise.slo.name)
        self._promises[promise.slo.name] = promise
        self._by_service.setdefault(promise.slo.service, {})[promise.slo.name] = promise
        self.version += 1

    def remove(self, name: str) -> None:
        """Let a promise go; one that is not there is no fault."""
        gone = self._promises.pop(name, None)
        if gone is None:
            return
        own = self._by_service[gone.slo.service]
        del own[name]
        if not own:
            del self._by_service[gone.slo.service]
        self.version += 1
