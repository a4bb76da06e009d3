"""What is remembered where: the database, recent series, and engines whose samples SLOs are counted on."""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from controlplane.target_spec import STRICT, HttpUrl, Name
from controlplane.units import Seconds

__all__ = ["DEFAULT_ENGINE", "EngineSpec", "StorageSpec"]

DEFAULT_ENGINE = "series"
"""The engine of ``storage.series`` among the others, which have names of their own."""


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class EngineSpec:
    """An engine that speaks Prometheus's HTTP API: Prometheus, Thanos, Mimir, VictoriaMetrics.

    Attributes:
        engine: Its kind.
        url: With the path before ``/api/v1`` where there is one.
        bearer: Token as env:NAME or file:/path.
        tenant: X-Scope-OrgID, as Mimir wants it.
        every: How often it is asked for new samples.
        history: How far back is read at first; the SLO's own window when left out.
    """

    engine: Literal["prometheus"]
    url: HttpUrl
    bearer: str | None = None
    tenant: Annotated[str, Field(max_length=255)] | None = None
    every: Annotated[Seconds, Field(ge=1, le=3600)] = 30.0
    history: Annotated[Seconds, Field(ge=0, le=400 * 86400)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class StorageSpec:
    """What is remembered.

    Attributes:
        database: As an SQLAlchemy address.
        recent: For how long every series of every target is kept in memory; 0 keeps only what SLOs
            and rollouts count, and lets servers print no more than that.
        lease: How long a control plane leads unless it renews; another one of the same database, which
            stands by, takes over after so long at most.
        series: What SLOs are counted on unless they say otherwise: the pages of targets, or an engine.
        engines: More engines by name; an SLO whose metricSourceRef is such a name is counted there.
    """

    database: str = "sqlite:///trimtab.db"
    recent: Annotated[Seconds, Field(ge=0, le=86400)] = 0.0
    lease: Annotated[Seconds, Field(ge=1, le=600)] = 15.0
    series: Literal["embedded"] | EngineSpec = "embedded"
    engines: dict[Name, EngineSpec] = field(default_factory=dict)

    @property
    def all_engines(self) -> dict[str, EngineSpec]:
        """Return every engine by name."""
        default = {} if self.series == "embedded" else {DEFAULT_ENGINE: self.series}
        return {**default, **self.engines}

    def engine_of(self, source: str) -> str:
        """Return the name of the engine that an SLO with this source is counted on; none is empty."""
        if source in self.engines:
            return source
        return "" if source == "trimtab" or self.series == "embedded" else DEFAULT_ENGINE
