"""What follows from a change of the targets: who is counted where, and what is forgotten."""

from itertools import chain

from controlplane.live import TargetStanding
from controlplane.plane import Plane
from controlplane.slo_evaluation import begin_counting
from slo import SeriesIndex

__all__ = ["retarget"]


def retarget(plane: Plane) -> None:
    """Bring memory and SLOs in line with the target book; what was counted stays counted."""
    names = {target.name for target in plane.book.targets}
    standings = plane.live.targets
    for name in standings.keys() - names:
        del standings[name]
        plane.live.pages.pop(name, None)
        plane.asking.forget(name)
        plane.recent.forget(name)
    for name in names:
        standings.setdefault(name, TargetStanding())
    for service in plane.promises.services:
        pages = plane.pages_of(service)
        shown = SeriesIndex(chain.from_iterable(page.layout.series for page in pages))
        for promise in plane.promises_of(service):
            if plane.counting.defines(promise.total_key):
                sources = plane.sources_for(promise)
                begin_counting(promise, plane.counting, shown, sources=sources)
    plane.live.retargeted.set()
