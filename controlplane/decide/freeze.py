"""Times in which no rollout goes forward. Going back is always allowed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from slo import Exclusion

__all__ = ["Freeze", "frozen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A time, once or again and again.

    Attributes:
        name: How people call it.
        when: The time, with a rule of RFC 5545 where it comes again.
        services: Patterns of the services that are frozen.
    """

    name: str
    when: Exclusion
    services: tuple[str, ...] = ("*",)


def frozen(freezes: Iterable[Freeze], service: str, *, now: float) -> str:
    """Return why a service's rollouts wait, and until when; empty when they need not.

    Args:
        freezes: All there are.
        service: Whose rollouts.
        now: Unix seconds.

    >>> weekend = Freeze(name="weekend", when=Exclusion(start=0.0, end=3600.0))
    >>> frozen([weekend], "chat", now=60.0)
    'frozen by weekend until 1970-01-01T01:00:00Z'
    """
    for freeze in freezes:
        if not any(fnmatchcase(service, pattern) for pattern in freeze.services):
            continue
        held = [each for each in freeze.when.spans(now, now + 1.0) if each.start <= now < each.end]
        if held:
            end = datetime.fromtimestamp(max(each.end for each in held), UTC)
            return f"frozen by {freeze.name} until {end:%Y-%m-%dT%H:%M:%SZ}"
    return ""
