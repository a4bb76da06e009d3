"""Leads while the lease is had, and stands by while another has it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import State

from controlplane.building import make_flags
from controlplane.decide.lease import Claim
from controlplane.errors import Deposed, TrimtabError
from controlplane.holder import ended, own_name
from controlplane.lease import Lease
from controlplane.loops.measure import save_counts
from controlplane.opening import database_address, open_plane
from controlplane.plane import Plane
from controlplane.spec import Config
from controlplane.store.database import open_database
from controlplane.store.leases import LeaseStore
from probes.clock import Clock, SystemClock

__all__ = ["lead"]

LOG = logging.getLogger("trimtab.lease")
RENEWALS = 5
"""A lease is renewed so often before it would run out."""
LOOKS = 10
"""Whoever stands by looks so often in the time of a lease."""

Loops = Callable[[Plane], Sequence[Coroutine[Any, Any, None]]]


async def lead(
    state: State, config: Config, *, beside: Path, loops: Loops, settled: asyncio.Event
) -> None:
    """Take the lease whenever it can be had, and run the plane for as long as it is ours.

    A plane is opened anew each time, from what is saved: what others did meanwhile is in there.

    Args:
        state: Of the API: ``plane`` is ours while we lead, else None; ``leader`` says who leads instead;
            ``flags`` are served by whoever stands by, too.
        config: trimtab.yaml.
        beside: Folder that its relative names start from.
        loops: What runs while we lead.
        settled: Set once it is known for the first time whether we lead.

    Raises:
        TrimtabError: The plane cannot be opened, and nobody else leads.
    """
    engine = open_database(database_address(config.storage.database, beside))
    candidate = _Candidate(
        state=state,
        config=config,
        beside=beside,
        loops=loops,
        settled=settled,
        leases=LeaseStore(engine),
        clock=SystemClock(),
    )
    state.flags = make_flags(config, engine, candidate.clock)
    try:
        await candidate.lead()
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """One that leads or stands by; its parts are the arguments of `lead`."""

    state: State
    config: Config
    beside: Path
    loops: Loops
    settled: asyncio.Event
    leases: LeaseStore
    clock: Clock

    @property
    def seconds(self) -> float:
        """How long a lease runs."""
        return self.config.storage.lease

    async def lead(self) -> None:
        while True:
            lease = await self._taken()
            try:
                await self._reign(lease)
            except (TrimtabError, SQLAlchemyError):
                if not self.settled.is_set():
                    raise
                LOG.exception("cannot lead")
            finally:
                self._let_go(lease)
            await self.clock.sleep(self.seconds)  # others first

    async def _taken(self) -> Lease:
        """Wait until the lease can be had, and take it."""
        holder, url = own_name(), f"http://{self.config.api.listen}"
        while True:
            asked_at = self.clock.monotonic()
            try:
                found = self.leases.take(holder=holder, url=url, seconds=self.seconds, gone=ended)
            except SQLAlchemyError as error:
                if not self.settled.is_set():
                    raise
                found = Claim(fencing=None, reason=f"the database does not answer: {_first(error)}")
            if found.fencing is not None:
                LOG.info("leads under number %d: %s", found.fencing, found.reason)
                lease = Lease(
                    fencing=found.fencing, seconds=self.seconds, clock=self.clock.monotonic
                )
                lease.renewed(asked_at)
                return lease
            if found.reason != self.state.leader:
                LOG.info("stands by: %s", found.reason)
            self.state.leader = found.reason
            self.settled.set()
            await self.clock.sleep(self.seconds / LOOKS)

    async def _reign(self, lease: Lease) -> None:
        """Run the plane until the lease is lost."""
        async with open_plane(self.config, beside=self.beside, lease=lease) as plane:
            self.state.plane = plane
            self.settled.set()
            work = (*self.loops(plane), self._renew(lease))
            running = [asyncio.create_task(each) for each in work]
            try:
                await lease.lost.wait()
                LOG.warning("steps down: another control plane has taken the lease")
            finally:
                self.state.plane = None
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)
                with suppress(Deposed, SQLAlchemyError):  # the counters remember what is not saved
                    await save_counts(plane)

    async def _renew(self, lease: Lease) -> None:
        """Renew the lease until another has it. While the database is away, it is tried again."""
        while not lease.lost.is_set():
            await self.clock.sleep(self.seconds / RENEWALS)
            asked_at = self.clock.monotonic()
            try:
                if self.leases.renew(lease.fencing, seconds=self.seconds):
                    lease.renewed(asked_at)
                else:
                    lease.lost.set()
            except SQLAlchemyError as error:
                LOG.warning("the lease cannot be renewed: %s", _first(error))

    def _let_go(self, lease: Lease) -> None:
        """Let the next one lead at once; where that fails, the lease runs out."""
        with suppress(SQLAlchemyError):
            self.leases.release(lease.fencing)


def _first(error: SQLAlchemyError) -> str:
    """Return what is wrong without the statement and its values."""
    return str(error).splitlines()[0]
