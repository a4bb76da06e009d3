"""What to watch: targets, how to ask them, and where more of them are found."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from controlplane.units import Seconds
from probes.errors import InvalidAddress
from probes.page_request import check_address

__all__ = [
    "STRICT",
    "AuthSpec",
    "DiscoverySpec",
    "HttpUrl",
    "LimitsSpec",
    "Name",
    "SecretRef",
    "TargetSpec",
    "TlsSpec",
    "parse_target",
]

STRICT = ConfigDict(extra="forbid")
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
HttpUrl = Annotated[str, Field(pattern=r"^https?://[^\s/?#]+", max_length=2048)]
SecretRef = Annotated[str, Field(pattern=r"^(env|file):.+", max_length=1024)]


def _checked(url: str) -> str:
    """Refuse what cannot be asked, and a password in an address: addresses are shown."""
    if "@" in url.split("//", 1)[-1].split("/", 1)[0]:
        msg = "an address may hold no login; write auth: {username: ..., password: env:NAME}"
        raise ValueError(msg)
    try:
        check_address(url)
    except InvalidAddress as error:
        raise ValueError(str(error)) from error
    return url


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class AuthSpec:
    """How to log in: a bearer token, or a name and a password; secrets are references."""

    bearer: SecretRef | None = None
    username: str | None = None
    password: SecretRef | None = None

    def __post_init__(self) -> None:
        """Refuse what is neither one nor the other."""
        basic = self.username is not None and self.password is not None
        if basic == (self.bearer is not None) or (self.username is None) != (self.password is None):
            msg = "auth takes either bearer, or username and password"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class TlsSpec:
    """Whom to trust and who we are: paths of PEM files.

    Attributes:
        ca: Authorities to trust; the machine's own when None.
        cert: Our certificate, for mTLS.
        key: Its key.
        server_name: Name to expect in the server's certificate; that of the address when None.
    """

    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    server_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class LimitsSpec:
    """How much of a page is read; a page that has more is refused whole, with the reason."""

    body_bytes: Annotated[int, Field(ge=1024, le=256 << 20)] = 16 << 20
    samples: Annotated[int, Field(ge=1, le=1_000_000)] = 50_000
    labels: Annotated[int, Field(ge=1, le=1_000)] = 64
    name_characters: Annotated[int, Field(ge=1, le=65_536)] = 256
    value_characters: Annotated[int, Field(ge=1, le=1 << 20)] = 2_048


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class TargetSpec:
    """One metrics page to watch.

    Attributes:
        name: Unique among targets.
        url: Of the page.
        service: Whose replica it is.
        version: Which version it serves, where no label of the page says so.
        server: Its kind; recognised when None.
        interval: Seconds between two scrapes.
        timeout: Seconds for one.
        period: Seconds that per-period figures stand for, where the page gives no times: each is
            then counted once a period, as of the period's beginning on our clock.
        gzip: Whether to ask for a packed page.
        names: ``auto`` asks only for what is used, where the server can do that; ``all`` never.
        auth: How to log in.
        tls: Whom to trust over https.
        limits: How much of it is read.
    """

    name: Name
    url: Annotated[HttpUrl, AfterValidator(_checked)]
    service: Name
    version: str | None = None
    server: str | None = None
    interval: Annotated[Seconds, Field(ge=0.1, le=3600)] = 5.0
    timeout: Annotated[Seconds, Field(ge=0.05, le=60)] = 2.0
    period: Annotated[Seconds, Field(ge=1, le=86400)] | None = None
    gzip: bool = False
    names: Literal["auto", "all"] = "auto"
    auth: AuthSpec | None = None
    tls: TlsSpec | None = None
    limits: LimitsSpec = LimitsSpec()


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class DiscoverySpec:
    """Where targets are found; what they do not say themselves is taken from here.

    Attributes:
        kind: ``file``, ``http``, ``dns`` or ``kubernetes``, or another that is installed.
        path: Of files, with wildcards, beside trimtab.yaml; of the metrics page for dns and
            kubernetes.
        url: Of an HTTP service discovery.
        name: To look up in the DNS.
        type: Of the DNS record.
        port: Of the targets, where the source does not say.
        selector: Of Kubernetes pods, by label.
        namespace: Of the pods; all when None.
        context: Of the kubeconfig; inside a pod its own account is used.
        service: Whose replicas they are.
        version: Which version they serve.
        server: Their kind.
        interval: Seconds between two scrapes of each.
        timeout: Seconds for one scrape.
        refresh: Seconds between two looks.
        auth: How to log in to the targets.
        tls: Whom to trust over https.
    """

    kind: Name
    path: str | None = None
    url: HttpUrl | None = None
    name: str | None = None
    type: Literal["A", "AAAA", "SRV"] = "SRV"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    selector: str | None = None
    namespace: str | None = None
    context: str | None = None
    service: Name | None = None
    version: str | None = None
    server: str | None = None
    interval: Annotated[Seconds, Field(ge=0.1, le=3600)] = 5.0
    timeout: Annotated[Seconds, Field(ge=0.05, le=60)] = 2.0
    refresh: Annotated[Seconds, Field(ge=0.2, le=86400)] = 30.0
    auth: AuthSpec | None = None
    tls: TlsSpec | None = None


_TARGET = TypeAdapter(TargetSpec)


def parse_target(document: Any) -> TargetSpec:  # noqa: ANN401 -- from a file, a request, a peer
    """Check one target.

    Raises:
        ValidationError: pydantic's, with the place and the reason.
    """
    return _TARGET.validate_python(document)
