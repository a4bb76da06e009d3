"""Who moves a service's traffic, as trimtab.yaml names it."""

from pydantic.dataclasses import dataclass

from controlplane.target_spec import STRICT, HttpUrl, Name

__all__ = ["RouteSpec"]

EXTERNAL = "external"


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class RouteSpec:
    """Who moves a service's traffic: the router's kind, its address and the name it uses there.

    The router ``external`` is somebody else, who is only watched, and has no address.
    """

    router: Name
    name: Name
    url: HttpUrl | None = None

    def __post_init__(self) -> None:
        """Refuse a router that nobody can find."""
        if self.url is None and not self.external:
            msg = (
                f"a router needs a url; where somebody else moves traffic write router: {EXTERNAL}"
            )
            raise ValueError(msg)

    @property
    def external(self) -> bool:
        """Whether somebody else moves the traffic."""
        return self.router == EXTERNAL
