"""Who leads, where several control planes share one database."""

from dataclasses import dataclass

__all__ = ["Claim", "Held", "claim"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The lease as it is written down.

    Attributes:
        holder: Which process leads; empty when the last one let go.
        url: Where it answers.
        fencing: Grows by one whenever somebody takes the lease; what is done under it names it.
        expires_at: Until when it is held unless renewed, Unix seconds of the database's clock.
    """

    holder: str
    url: str
    fencing: int
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Whether a process may take the lease, and why.

    Attributes:
        fencing: The number to act under from now on; None while another leads.
        reason: In words.
    """

    fencing: int | None
    reason: str


def claim(held: Held | None, *, now: float, gone: bool) -> Claim:
    """Decide whether the lease can be taken.

    Args:
        held: As it is written down; None before anybody led.
        now: Unix seconds of the database's clock.
        gone: Whether the holder is known to have ended, so that its lease need not run out.

    >>> held = Held(holder="a", url="http://a", fencing=3, expires_at=60.0)
    >>> claim(held, now=50.0, gone=False).fencing is None, claim(held, now=60.0, gone=False).fencing
    (True, 4)
    """
    if held is None:
        return Claim(fencing=1, reason="nobody has led before")
    taken = held.fencing + 1
    if not held.holder:
        return Claim(fencing=taken, reason="the last one let go")
    if gone:
        return Claim(fencing=taken, reason="the last one ended without letting go")
    if now >= held.expires_at:
        return Claim(fencing=taken, reason="the last one has not renewed its lease")
    return Claim(fencing=None, reason=f"{held.url} leads")
