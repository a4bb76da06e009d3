"""Who moves a service's traffic, as trimtab.yaml names it."""

from dataclasses import replace
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
        urls: Addresses of several replicas, in the order in which they are taken over, in place of one.
        version: What a flag gives to all before any rollout.
    """

    router: Name
    name: Name
    url: HttpUrl | None = None
    urls: Annotated[tuple[HttpUrl, ...], Field(max_length=1000)] = ()
    version: Annotated[str, Field(min_length=1, max_length=255)] | None = None

    def __post_init__(self) -> None:
        """Refuse a router that nobody can find."""
        if self.urls and (self.url is not None or self.external or self.flag):
            msg = "a router has one url, or urls of its replicas; flag and external have no urls"
            raise ValueError(msg)
        if len(set(self.urls)) < len(self.urls):
            msg = "two replicas have one url"
            raise ValueError(msg)
        if not self.addresses and not (self.external or self.flag):
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
    def addresses(self) -> tuple[str, ...]:
        """Every address, of one or of several replicas."""
        return self.urls or (() if self.url is None else (self.url,))

    @property
    def replicas(self) -> dict[str, "RouteSpec"]:
        """The route of each replica, by its address without scheme; empty without replicas."""
        return {url.partition("://")[2]: replace(self, url=url, urls=()) for url in self.urls}

    @property
    def external(self) -> bool:
        """Whether somebody else moves the traffic."""
        return self.router == EXTERNAL

    @property
    def flag(self) -> bool:
        """Whether it is a feature flag that applications ask for."""
        return self.router == FLAG
