"""Fakes: small real things that stand in for larger ones. No mocks."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from controlplane.decide.delivery import Answer, Result
from controlplane.decide.route import Mirror
from controlplane.errors import RouterError
from controlplane.store.outbox import Message

__all__ = ["InMemoryRouter", "ManualClock", "MirroringRouter", "RecordingNotifier"]


class ManualClock:
    """A clock that moves only when told, or when someone sleeps; ``set_on`` puts it wrong."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self.elapsed = 0.0
        self.set_on = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.elapsed + self.set_on)

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        self.elapsed += seconds


class InMemoryRouter:
    """Remembers weights; can be told to refuse, as a router that is down does."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.weights = dict(weights)
        self.history: list[dict[str, float]] = []
        self.fencing = 0
        self.down = False

    async def read_weights(self) -> dict[str, float]:
        if self.down:
            raise RouterError("the router is down")
        return dict(self.weights)

    async def set_weights(self, weights: Mapping[str, float], *, fencing: int = 0) -> None:
        self.admit(fencing)
        self.weights = dict.fromkeys(self.weights, 0.0) | dict(weights)
        self.history.append(dict(weights))

    def admit(self, fencing: int) -> None:
        if self.down:
            raise RouterError("the router is down")
        if fencing < self.fencing:
            raise RouterError("somebody who leads since then has asked already")
        self.fencing = fencing

    async def close(self) -> None:
        pass


class MirroringRouter(InMemoryRouter):
    """Remembers what is mirrored, too, and every mirror it was ever asked for."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        super().__init__(weights)
        self.mirror: Mirror | None = None
        self.mirrors: list[Mirror | None] = []

    async def read_mirror(self) -> Mirror | None:
        if self.down:
            raise RouterError("the router is down")
        return self.mirror

    async def set_mirror(self, mirror: Mirror | None, *, fencing: int = 0) -> None:
        self.admit(fencing)
        self.mirror = mirror
        self.mirrors.append(mirror)


class RecordingNotifier:
    """Keeps what it was given, and answers what it was told to, in turn; then always yes."""

    def __init__(self, *answers: Answer) -> None:
        self.messages: list[Message] = []
        self._answers = list(answers)

    async def send(self, message: Message, *, now: float) -> Answer:  # noqa: ARG002 -- Notifier
        self.messages.append(message)
        yes = Answer(result=Result.DELIVERED, detail="ok")
        return self._answers.pop(0) if self._answers else yes

    async def close(self) -> None:
        pass
