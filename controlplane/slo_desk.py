"""Where people have sets of SLO files watched, and let them go.

A set is replaced as a whole, so what is watched is what its files say. Another target, other rules or
labels change nothing of what was counted; another indicator goes on from the same sums with its next
page. The counts of an SLO that is let go stay, for when it comes back.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from controlplane.alert_desk import end_alerts
from controlplane.building import promise_of_spec
from controlplane.errors import InvalidConfig, NotFound, Refused, TrimtabError
from controlplane.plane import Plane
from controlplane.promise import Promise
from controlplane.store.slo_sets import SloSet
from slo import SloError, changes_of, counts_the_same, read_openslo_set

__all__ = ["SloChange", "apply_set", "planned", "read_set", "remove_set", "take_up_sets"]

LOG = logging.getLogger("trimtab.slos")
CHANGES = ("added", "changed", "removed")


@dataclass(frozen=True, slots=True, kw_only=True)
class SloChange:
    """What becomes of one SLO.

    Attributes:
        name: Of the SLO.
        change: ``added``, ``changed``, ``removed`` or ``unchanged``.
        differences: Field by field, old and new.
        keeps_counts: Whether what was counted goes on without a seam.
    """

    name: str
    change: str
    differences: tuple[str, ...] = ()
    keeps_counts: bool = True


def read_set(plane: Plane, files: Mapping[str, str]) -> tuple[Promise, ...]:
    """Return what the files of a set promise.

    Raises:
        InvalidConfig: A file is wrong; the message names file, line and field.
    """
    try:
        specs = read_openslo_set(files.items())
    except SloError as error:
        raise InvalidConfig(str(error)) from error
    if not specs:
        msg = "The files hold no SLO."
        raise InvalidConfig(msg, hint="kind: SLO documents are watched; others are named by them")
    return tuple(promise_of_spec(plane.config, spec) for spec in specs)


def planned(plane: Plane, name: str, wanted: Iterable[Promise]) -> tuple[SloChange, ...]:
    """Return what would become of each SLO, by name.

    Raises:
        Refused: A name belongs to trimtab.yaml or to another set.
    """
    own = plane.live.slo_sets.get(name, frozenset())
    found: dict[str, SloChange] = {}
    for promise in wanted:
        slo = promise.slo
        before = plane.promises.get(slo.name)
        if before is not None and slo.name not in own:
            msg = f"The SLO {slo.name!r} comes from {_origin(plane, before)}."
            raise Refused(msg, hint="change it there, or choose another name")
        if before is None:
            found[slo.name] = SloChange(name=slo.name, change="added")
            continue
        found[slo.name] = SloChange(
            name=slo.name,
            change="unchanged" if before == promise else "changed",
            differences=changes_of(before.slo, slo),
            keeps_counts=counts_the_same(before.slo, slo) and before.engine == promise.engine,
        )
    gone = own - found.keys()
    removed = (SloChange(name=each, change="removed", keeps_counts=False) for each in gone)
    return tuple(sorted((*found.values(), *removed), key=lambda change: change.name))


def apply_set(
    plane: Plane,
    name: str,
    files: Mapping[str, str],
    wanted: tuple[Promise, ...],
    *,
    prune: bool,
) -> tuple[SloChange, ...]:
    """Watch what the files of a set promise, and nothing else of that set; return what changed.

    Raises:
        Refused: As for `planned`, or an SLO would be let go and that was not asked for.
    """
    changes = planned(plane, name, wanted)
    gone = [change.name for change in changes if change.change == "removed"]
    if gone and not prune:
        msg = f"The set {name!r} would let go of {', '.join(gone)}."
        raise Refused(msg, hint="add its file, or ask for that with --prune")
    told = {each: [c.name for c in changes if c.change == each] for each in CHANGES}
    kept = SloSet(name=name, files=files, applied_at=plane.now())
    with plane.engine.begin() as connection:
        plane.slo_sets.save(connection, kept)
        _write_down(plane, connection, name, "apply", told)
    by_name = {promise.slo.name: promise for promise in wanted}
    for change in changes:
        if change.change == "removed" or not change.keeps_counts:
            _let_go(plane, change.name)
        if change.change in ("added", "changed"):
            plane.families.forget(change.name)
            plane.promises.put(by_name[change.name])
    plane.families.restore()
    plane.live.slo_sets[name] = frozenset(by_name)
    plane.live.slo_set_faults.pop(name, None)
    plane.live.wanted.clear()  # other series may be asked for now
    return changes


def remove_set(plane: Plane, name: str) -> None:
    """Watch a set no longer.

    Raises:
        NotFound: There is none of that name.
    """
    if name not in {each.name for each in plane.slo_sets.list()}:
        known = ", ".join(sorted(plane.live.slo_sets)) or "none"
        msg = f"No set of SLOs {name!r}."
        raise NotFound(msg, hint=f"known sets: {known}")
    gone = plane.live.slo_sets.pop(name, frozenset())
    with plane.engine.begin() as connection:
        plane.slo_sets.delete(connection, name)
        _write_down(plane, connection, name, "remove", {"removed": sorted(gone)})
    plane.live.slo_set_faults.pop(name, None)
    for each in gone:
        _let_go(plane, each)


def take_up_sets(plane: Plane) -> None:
    """Watch every set that was applied before; one that cannot be read any more is told."""
    for kept in plane.slo_sets.list():
        try:
            wanted = read_set(plane, kept.files)
            planned(plane, kept.name, wanted)
        except TrimtabError as error:
            LOG.warning("the set of SLOs %r is not watched: %s", kept.name, error)
            plane.live.slo_set_faults[kept.name] = str(error)
            continue
        for promise in wanted:
            plane.promises.put(promise)
        plane.live.slo_sets[kept.name] = frozenset(promise.slo.name for promise in wanted)


def _let_go(plane: Plane, name: str) -> None:
    """Stop counting; what was counted stays."""
    members = [plane.promises[each] for each in plane.families.members(name)]
    for promise in (plane.promises[name], *members):
        for key in promise.stored_keys:
            plane.counting.stop(key)
        plane.live.uncounted.pop(promise.slo.name, None)
        plane.live.feeds.pop(promise.slo.name, None)
        end_alerts(plane, promise.slo.name, reason="it is watched no longer")
    plane.families.forget(name)
    plane.promises.remove(name)


def _origin(plane: Plane, promise: Promise) -> str:
    if promise.slo.family:
        return f"the family {promise.slo.family!r}"
    sets = (each for each, names in plane.live.slo_sets.items() if promise.slo.name in names)
    of_set = next(sets, None)
    return "trimtab.yaml" if of_set is None else f"the set {of_set!r}"


def _write_down(
    plane: Plane, connection: Connection, name: str, verb: str, told: Mapping[str, list[str]]
) -> None:
    now, subject = plane.now(), f"slo-set/{name}"
    words = "; ".join(f"{what} {', '.join(names)}" for what, names in told.items() if names)
    plane.trail.tell(
        connection,
        now=now,
        kind=f"slo-set.{verb}",
        subject=subject,
        text=f"{verb} {name}: {words or 'nothing changed'}",
    )
    plane.trail.write(
        connection,
        now=now,
        actor="api",
        verb=f"slo-set.{verb}",
        subject=subject,
        detail=dict(told),
    )
