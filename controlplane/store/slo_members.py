"""Members of families of SLOs: which sets of label values were ever met."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, select

from controlplane.store.tables import slo_member as table
from controlplane.store.writing import put
from slo import SloSpec

__all__ = ["SloMember", "SloMemberStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SloMember:
    """One set of values: the member's name, its family's, and the values by label."""

    name: str
    family: str
    values: Mapping[str, str]


class SloMemberStore:
    """Reads and writes members."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(self) -> tuple[SloMember, ...]:
        """Return all of them, in the order in which they were met."""
        query = select(table).order_by(table.c.met_at, table.c.name)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return tuple(SloMember(name=row.name, family=row.family, values=row.labels) for row in rows)

    def add(self, members: Iterable[SloSpec], *, now: float) -> None:
        """Remember some; all of them or none."""
        with self._engine.begin() as connection:
            for member in members:
                row = {"family": member.family, "labels": dict(member.values), "met_at": now}
                put(connection, table, {"name": member.name}, row)
