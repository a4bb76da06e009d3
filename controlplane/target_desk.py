"""Where people add and remove targets: the store, the audit trail, then the book."""

from typing import Any

from pydantic import ValidationError

from controlplane.errors import InvalidConfig, NotFound, Refused
from controlplane.plane import Plane
from controlplane.retarget import retarget
from controlplane.spec import TargetSpec, explain
from controlplane.target_book import API
from controlplane.target_spec import parse_target

__all__ = ["add_target", "checked_target", "remove_target"]


def checked_target(document: Any) -> TargetSpec:  # noqa: ANN401 -- from a request
    """Return the target that a request describes.

    Raises:
        InvalidConfig: It cannot be one; the message names the place and the nearest known key.
    """
    try:
        return parse_target(document)
    except ValidationError as error:
        raise InvalidConfig("; ".join(map(explain, error.errors()[:5]))) from error


def add_target(plane: Plane, target: TargetSpec) -> None:
    """Watch a page from now on; a target that was added before is changed.

    Raises:
        Refused: Its name belongs to trimtab.yaml or to a discovery.
    """
    if plane.book.get(target.name) is not None and plane.book.origin(target.name) != API:
        msg = f"The target {target.name!r} comes from {plane.book.origin(target.name)}."
        raise Refused(msg, hint="change it there, or choose another name")
    with plane.engine.begin() as connection:
        plane.stored_targets.save(connection, target, now=plane.now())
        _write_down(plane, connection, target.name, "add", target.url)
    others = (one for one in plane.book.of_origin(API) if one.name != target.name)
    plane.book.put(API, (*others, target))
    retarget(plane)


def remove_target(plane: Plane, name: str) -> None:
    """Watch it no longer; what was counted stays counted.

    Raises:
        NotFound: There is no such target.
        Refused: It comes from trimtab.yaml or a discovery.
    """
    if plane.book.get(name) is None:
        msg = f"No target {name!r}."
        raise NotFound(msg, hint="trimtab target list shows all of them")
    if plane.book.origin(name) != API:
        msg = f"The target {name!r} comes from {plane.book.origin(name)}."
        raise Refused(msg, hint="remove it there")
    with plane.engine.begin() as connection:
        plane.stored_targets.delete(connection, name)
        _write_down(plane, connection, name, "remove", "")
    plane.book.put(API, (one for one in plane.book.of_origin(API) if one.name != name))
    retarget(plane)


def _write_down(plane: Plane, connection: Any, name: str, verb: str, url: str) -> None:  # noqa: ANN401
    now, subject = plane.now(), f"target/{name}"
    plane.trail.tell(
        connection, now=now, kind=f"target.{verb}", subject=subject, text=f"{verb} {name} {url}"
    )
    plane.trail.write(
        connection,
        now=now,
        actor="api",
        verb=f"target.{verb}",
        subject=subject,
        detail={"url": url},
    )
