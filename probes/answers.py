"""What a probe learnt."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["ProbeResult", "worst"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """One answer.

    Attributes:
        ok: Whether it was good; None when nothing was learnt, as when the server is too busy.
        seconds: How long it took.
        reason: For a person.
        reached: Whether there was anybody to ask.
    """

    ok: bool | None
    seconds: float
    reason: str
    reached: bool = True


def worst(results: Sequence[ProbeResult]) -> ProbeResult:
    """Return the worst of several replicas' answers, at least one.

    A replica that nobody can reach says nothing of a version while another one answers: that it is
    away is told elsewhere.

    >>> good = ProbeResult(ok=True, seconds=0.1, reason="HTTP 200")
    >>> gone = ProbeResult(ok=False, seconds=0.1, reason="no connection", reached=False)
    >>> worst([gone, good]).ok, worst([gone]).ok
    (True, False)
    """
    heard = [one for one in results if one.reached] or list(results)
    return min(heard, key=lambda one: (one.ok is not False, one.ok is True, -one.seconds))
