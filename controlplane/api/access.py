"""How a route reaches the plane, and how it answers with a list."""

from collections.abc import Iterable
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel

from controlplane.plane import Plane
from controlplane.schemas import Shape

__all__ = ["Listing", "PlaneHere", "listing"]

Item = TypeVar("Item", bound=Shape)


class Listing(BaseModel, Generic[Item]):
    """A list of resources."""

    items: list[Item]


def listing(items: Iterable[Item]) -> Listing[Item]:
    """Return the list as an answer."""
    return Listing(items=list(items))


async def _plane(request: Request) -> Plane:
    plane: Plane = request.app.state.plane
    return plane


PlaneHere = Annotated[Plane, Depends(_plane)]
"""The running plane, as a route's argument."""
