"""What follows from a change of the targets: who is counted where, and what is forgotten."""

from controlplane.live import TargetStanding
from controlplane.plane import Plane
from controlplane.slo_evaluation import begin_counting

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
    for promise in plane.promises.values():
        if plane.counting.defines(promise.total_key):
            shown = [page.layout.series for page in plane.pages_of(promise.slo.service)]
            sources = plane.sources_for(promise)
            begin_counting(promise, plane.counting, shown, sources=sources)
    plane.live.retargeted.set()
