"""Pushed metrics: each resource goes to its source, and nothing is answered before it is saved.

Requests that come at once share one save. The ledger reads the sources' totals as a scrape would,
after they are on disk, so what is saved of it may be behind them and is never ahead: whatever
moment a crash picks, the next start counts what is missing, once. Only what is newly defined is
saved with them, for the ledger must remember from which figures it began to count.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy.exc import SQLAlchemyError

from controlplane.counting import Counting
from controlplane.errors import NotSaved, Overloaded
from controlplane.families import Families
from controlplane.live import Live
from controlplane.promise import counted_on
from controlplane.slo_evaluation import begin_counting
from controlplane.spec import PushSpec
from controlplane.store.pushes import PushStore
from controlplane.target_book import TargetBook
from probes.otlp import Pushed
from probes.otlp_streams import Series, Streams

__all__ = ["PushReceiver", "PushStanding", "Receipt"]

MAX_WAITING = 64
"""Requests that wait for one save; more are told to come back, and an exporter does."""
MAX_REASONS = 5
MAX_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How many points a request had, how many were not counted, and why; empty when all were."""

    points: int
    rejected: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushStanding:
    """What was pushed to a source since this process began.

    Attributes:
        at: When the last push came, Unix seconds; None before the first.
        counted: Points that were counted.
        rejected: Points that were not.
        reason: Why, of the last push with such points.
    """

    at: float | None = None
    counted: int = 0
    rejected: int = 0
    reason: str = ""


class PushReceiver:
    """The sources that are pushed to.

    Whoever reads a long body holds ``reading``: a few megabytes can become hundreds in memory.

    Args:
        specs: As trimtab.yaml has them; the first that matches a resource gets it.
        store: Where streams and totals are saved.
        counting: Where the totals are counted.
        families: Of SLOs, with their book: those that rest on a source are defined with its first
            page.
        live: Where it is said why an SLO is not counted yet.
        book: Targets, on which an SLO may rest too.
    """

    def __init__(
        self,
        specs: tuple[PushSpec, ...],
        *,
        store: PushStore,
        counting: Counting,
        families: Families,
        live: Live,
        book: TargetBook,
    ) -> None:
        self.standings = {spec.name: PushStanding() for spec in specs}
        self.reading = asyncio.Lock()
        self._specs = specs
        self._store = store
        self._counting = counting
        self._promises = families.book
        self._families = families
        self._live = live
        self._book = book
        self._streams: dict[str, Streams] = {}
        self._shown: dict[str, tuple[Series, npt.NDArray[np.float64]]] = {}
        self._defined: frozenset[str] | None = None
        self._waiting: list[tuple[tuple[Pushed, ...], float, asyncio.Future[Receipt]]] = []
        self._committing: asyncio.Task[None] | None = None

    def begin(self, now: float) -> None:
        """Take up what was saved as of now, and begin to count what is newly promised."""
        if not self._specs:
            return
        saved = self._store.load()
        for spec in self._specs:
            rows = saved.get(spec.name)
            streams = Streams(since=now) if rows is None else Streams.restore(rows, now=now)
            self._streams[spec.name] = streams
            self._shown[spec.name] = streams.series, streams.values
        self._save(now)

    def size(self, source: str) -> tuple[int, int]:
        """Return how many streams and series of a source are remembered."""
        streams = self._streams[source]
        return len(streams), len(streams.series)

    async def receive(self, pushed: tuple[Pushed, ...], *, now: float) -> Receipt:
        """Count what was pushed by now, Unix seconds; return once it is saved.

        Raises:
            Overloaded: Too many requests wait already.
            NotSaved: The database refused; it may be sent again.
        """
        if len(self._waiting) >= MAX_WAITING:
            msg = f"{MAX_WAITING} pushes wait to be saved already; send this one again in a second."
            raise Overloaded(msg)
        done: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._waiting.append((pushed, now, done))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit())
        return await done

    async def _commit(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # whoever is ready by now shares the save
            batch, self._waiting = self._waiting, []
            receipts = [self._take(pushed, now) for pushed, now, _ in batch]
            fault: Exception | None = None
            try:
                self._save(max(now for _, now, _ in batch))
            except SQLAlchemyError as error:
                reason = str(error).splitlines()[0]
                fault = NotSaved(f"What was pushed could not be saved: {reason}. Send it again.")
            for (_, _, done), receipt in zip(batch, receipts, strict=True):
                if done.done():  # the client left; what it sent is counted all the same
                    continue
                if fault is None:
                    done.set_result(receipt)
                else:
                    done.set_exception(fault)

    def _take(self, pushed: tuple[Pushed, ...], now: float) -> Receipt:
        refused: Counter[str] = Counter()
        for one in pushed:
            spec = next((s for s in self._specs if s.match.items() <= one.resource.items()), None)
            if spec is None:
                count = len(one.points) + one.passed + sum(one.refused.values())
                refused[_unknown(one.resource)] += count
            else:
                refused += self._take_one(spec.name, one, now)
        told = [f"{count} points: {why}" for why, count in refused.most_common(MAX_REASONS)]
        points = sum(len(one.points) + one.passed + sum(one.refused.values()) for one in pushed)
        return Receipt(points=points, rejected=refused.total(), reason="; ".join(told))

    def _take_one(self, source: str, one: Pushed, now: float) -> Counter[str]:
        refused = Counter(one.refused) + self._streams[source].take(one.points, now=now)
        counted = len(one.points) + sum(one.refused.values()) - refused.total()
        before = self.standings[source]
        self.standings[source] = PushStanding(
            at=now,
            counted=before.counted + counted,
            rejected=before.rejected + refused.total(),
            reason=next(iter(refused), before.reason),
        )
        return refused

    def _save(self, now: float) -> None:
        """Save what changed, then let the ledger see it.

        Raises:
            SQLAlchemyError: Nothing was saved, and all of it is still to be.
        """
        changed = {name: rows for name, s in self._streams.items() if (rows := s.changes())}
        for spec in self._specs:
            series = self._streams[spec.name].series
            self._families.meet(spec.service, spec.name, series, now=now)
        defined = self._define_promises()
        if defined != self._defined:
            for name, (series, values) in self._shown.items():
                self._counting.observe(name, series, values, started=None)
        if changed or defined != self._defined:
            with self._store.engine.begin() as connection:
                for name, rows in changed.items():
                    self._store.save(connection, name, rows)
                if defined != self._defined:
                    self._counting.save(connection, now=now)
        self._defined = defined
        for name in changed:
            streams = self._streams[name]
            streams.forget_changes()
            self._shown[name] = streams.series, streams.values
            self._counting.observe(name, *self._shown[name], started=None)
        self._counting.mark(now)
        self._live.news.spread()

    def _define_promises(self) -> frozenset[str]:
        """Define every SLO that rests on pushed counters and can be; return those that are."""
        defined = set()
        for name, promise in self._promises.items():
            own = [self._streams[source] for source in promise.sources if source in self._streams]
            if own and not self._counting.defines(promise.total_key):
                shown = [streams.series for streams in own]
                self._live.uncounted[name] = begin_counting(
                    promise, self._counting, shown, sources=counted_on(promise, self._book)
                )
            if own and self._counting.defines(promise.total_key):
                defined.add(name)
        return frozenset(defined)


def _unknown(resource: Mapping[str, str]) -> str:
    service = resource.get("service.name", "")[:MAX_SHOWN]
    match = f"service.name: {service!r}" if service else "service.name: ..."
    return (
        f"no source of trimtab.yaml matches service.name={service!r}; "
        f"add push: [{{name: ..., service: ..., match: {{{match}}}}}]"
    )
