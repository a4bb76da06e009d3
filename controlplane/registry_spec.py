"""The model registry that is followed, as trimtab.yaml names it."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from controlplane.target_spec import STRICT, AuthSpec, HttpUrl, Name, SecretRef
from controlplane.units import Seconds

__all__ = ["FollowedModel", "MlflowSpec", "RegistrySpec"]

Said = Annotated[str, Field(min_length=1, max_length=255)]


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class FollowedModel:
    """A registered model whose alias says which version a service should serve.

    Attributes:
        on_conflict: What becomes of a rollout of the service that is under way: it is superseded, or
            waited for.
    """

    model: Said
    alias: Said
    service: Name
    on_conflict: Literal["supersede", "queue"] = "supersede"


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class MlflowSpec:
    """An MLflow server: its address, the secret of its webhook, a login, and what is followed.

    Attributes:
        secret: Of the webhook, as env:NAME or file:/path.
        every: Seconds between two looks at the aliases, for deliveries that were lost; 0 never looks.
    """

    url: HttpUrl
    secret: SecretRef
    models: Annotated[tuple[FollowedModel, ...], Field(min_length=1, max_length=1000)]
    auth: AuthSpec | None = None
    every: Annotated[Seconds, Field(ge=0, le=86400)] = 60.0

    def __post_init__(self) -> None:
        """Refuse an alias that two services follow: its result could be told only once."""
        names = [(each.model, each.alias) for each in self.models]
        for model, alias in names:
            if names.count((model, alias)) > 1:
                msg = f"{model}@{alias} is followed twice; give each service an alias of its own"
                raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class RegistrySpec:
    """The registry that rollouts follow."""

    mlflow: MlflowSpec
