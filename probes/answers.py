"""What a probe learnt."""

from dataclasses import dataclass

__all__ = ["ProbeResult"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """One answer.

    Attributes:
        ok: Whether it was good; None when nothing was learnt, as when the server is too busy.
        seconds: How long it took.
        reason: For a person.
    """

    ok: bool | None
    seconds: float
    reason: str
