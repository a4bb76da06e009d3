"""How a route reaches the plane, and how it answers with a list."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, SerializerFunctionWrapHandler, model_serializer

from controlplane.errors import InvalidConfig, Standby
from controlplane.plane import Plane
from controlplane.schemas import Shape

__all__ = ["Listing", "PageHere", "Paging", "PlaneHere", "listing", "page_of", "places_of"]

Item = TypeVar("Item", bound=Shape)
Kept = TypeVar("Kept")


class Listing(BaseModel, Generic[Item]):
    """A list of resources, or a page of one.

    Attributes:
        items: In a stable order.
        nextPageToken: What to ask for the next page with; None where there is none.
    """

    items: list[Item]
    nextPageToken: str | None = None  # noqa: N815 -- the name in JSON

    @model_serializer(mode="wrap")
    def _without_nothing(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave the token out where there is no next page."""
        found: dict[str, Any] = write(self)
        return found if self.nextPageToken is not None else {"items": found["items"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Which page of a list is asked for: all of it when no size is named."""

    size: int | None = None
    token: str | None = None


def listing(items: Iterable[Item]) -> Listing[Item]:
    """Return the list as an answer."""
    return Listing(items=list(items))


def page_of(
    items: Iterable[Kept],
    paging: Paging,
    *,
    key: Callable[[Kept], str],
    shape: Callable[[Kept], Item],
) -> Listing[Item]:
    """Return the page of a list that comes after the one whose token is given.

    Args:
        items: All there are, in a stable order.
        paging: Which page.
        key: What tells one from all others.
        shape: How one is shown; only those of the page are made.

    Raises:
        InvalidConfig: The token is none, or what it stood at is gone.
    """
    found = tuple(items)
    places, token = places_of([key(item) for item in found], paging)
    return Listing(items=[shape(item) for item in found[places]], nextPageToken=token)


def places_of(keys: Sequence[str], paging: Paging) -> tuple[slice, str | None]:
    """Return where the same page stands, and the token of the next; for what takes turns to make.

    Raises:
        InvalidConfig: As for `page_of`.
    """
    begin = 0
    if paging.token is not None:
        last = _key_of(paging.token)
        if last not in keys:
            msg = "This page token says nothing, or what it stood at is gone."
            raise InvalidConfig(msg, hint="begin again without pageToken")
        begin = keys.index(last) + 1
    end = len(keys) if paging.size is None else begin + paging.size
    return slice(begin, end), None if end >= len(keys) else _token_of(keys[end - 1])


def _token_of(key: str) -> str:
    return urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _key_of(token: str) -> str:
    try:
        return urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (ValueError, UnicodeDecodeError):
        return ""


async def _paging(
    size: Annotated[int | None, Query(ge=1, le=500, alias="pageSize")] = None,
    token: Annotated[str | None, Query(max_length=512, alias="pageToken")] = None,
) -> Paging:
    return Paging(size=size, token=token)


async def _plane(request: Request) -> Plane:
    plane: Plane | None = request.app.state.plane
    if plane is None:
        msg = f"This control plane stands by: {request.app.state.leader}."
        raise Standby(msg, hint="ask that one, or name both in TRIMTAB_URL, separated by a comma")
    return plane


PlaneHere = Annotated[Plane, Depends(_plane)]
"""The running plane, as a route's argument."""

PageHere = Annotated[Paging, Depends(_paging)]
"""Which page is asked for, as a route's argument."""
