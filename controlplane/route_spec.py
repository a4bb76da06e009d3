"""Who moves a service's traffic, as trimtab.yaml names it."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from controlplane.target_spec import STRICT, HttpUrl, Name

__all__ = ["RouteSpec"]

EXTERNAL, FLAG = "external", "flag"


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class RouteSpec:
    """Who moves a service's traffic: the router's kind, its address and the name it uses there.

    The router ``external`` is somebody else, who is only watched, and has no address. The router
    ``flag`` is a feature flag of our own, called as the service is: applications ask for it.

    Attributes:
        router: Its kind.
        name: How the model server calls the model.
        url: Its address; of a flag, where probes find the versions.
        version: What a flag gives to all before any rollout.
    """

    router: Name
    name: Name
    url: HttpUrl | None = None
    version: Annotated[str, Field(min_length=1, max_length=255)] | None = None

    def __post_init__(self) -> None:
        """Refuse a router that nobody can find."""
        if self.url is None and not (self.external or self.flag):
            msg = (
                f"a router needs a url; where somebody else moves traffic write router: {EXTERNAL}"
            )
            raise ValueError(msg)
        if self.flag and self.version is None:
            msg = "a flag needs the version that it gives to all at first, such as version: '1'"
            raise ValueError(msg)
        if self.version is not None and not self.flag:
            msg = f"only a route by router: {FLAG} says a version; others are asked for theirs"
            raise ValueError(msg)

    @property
    def external(self) -> bool:
        """Whether somebody else moves the traffic."""
        return self.router == EXTERNAL

    @property
    def flag(self) -> bool:
        """Whether it is a feature flag that applications ask for."""
        return self.router == FLAG
