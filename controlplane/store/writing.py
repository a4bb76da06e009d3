"""The one way to write a row that may already be there, the same on every database."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, insert, update

__all__ = ["put"]


def put(
    connection: Connection, table: Table, key: Mapping[str, Any], row: Mapping[str, Any]
) -> None:
    """Update the row of this key, or insert it."""
    change = update(table).values(**row)
    for name, value in key.items():
        change = change.where(table.c[name] == value)
    if connection.execute(change).rowcount == 0:
        connection.execute(insert(table).values(**key, **row))
