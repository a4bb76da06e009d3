"""How one kind of server is read: how to know it, its indicators, its addresses, its blind spots."""

from dataclasses import dataclass, field

from probes.indicators import Distribution, Indicator, Level, Ratio, Tally
from slo import Selector

__all__ = ["ApiSign", "Identity", "MirrorSigns", "ServerProfile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSign:
    """An answer by which a server is known before its page says anything.

    Attributes:
        path: What to GET, on the port of the metrics page or of the API.
        contains: Texts that must all be in the body (compared without regard to case).
        header: ``name: text`` that must be in the answer's headers; empty for none.
    """

    path: str
    contains: tuple[str, ...] = ()
    header: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a page is about, where a series of its own says so and the counts do not.

    Attributes:
        family: Of one series whose labels hold it, such as ``target_info``.
        model: Its label that names the model or service.
        version: Its label that names the version or revision.
    """

    family: str
    model: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSigns:
    """How mirrored requests are told: apart from those of users, once for each version of a pair.

    Attributes:
        ratio: Pairs, by the version that answered, and those that it failed.
        latency: How long it took for them.
        compared: Pairs whose answers were held against each other, by the mirrored version.
        different: Those that were not the same.
    """

    ratio: Ratio
    latency: Distribution
    compared: tuple[Selector, ...]
    different: tuple[Selector, ...]

    @property
    def names(self) -> frozenset[str]:
        """Names of the samples."""
        ratio = (*self.ratio.total, *self.ratio.good, *self.ratio.bad)
        plain = (*ratio, *self.compared, *self.different)
        timed = (self.latency.family.name + suffix for suffix in ("_bucket", "_count"))
        return frozenset(selector.name for selector in plain).union(timed)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerProfile:
    """One kind of server.

    Attributes:
        name: As in trimtab.yaml.
        title: For people.
        signatures: Sets of families; a page that has all of one set is recognised. A name that ends
            with ``*`` stands for any family that begins so; one with labels, such as
            ``name{label!=""}``, for a sample that has them.
        without: Families of which none may be there.
        ratios: Requests with their good or bad part, nearest to the client first.
        distributions: Times and sizes; of one name, the preferred first.
        levels: Gauges; of one name, the preferred first.
        tallies: Other counts.
        held: Names of the levels whose sum is the requests that a replica holds, queued included.
        mirror: How mirrored requests are told; None where the pages do not.
        not_versions: Values of version labels that say nothing, such as ``default``.
        identity: Where the page says whom it is about.
        noise: Labels that change without meaning, to be dropped.
        port: Where its metrics page usually is.
        metrics_path: Its path there.
        api_signs: Answers by which it is known; any one is enough.
        live_path: Is the process alive?
        ready_path: Is this version of this model ready? With {model} and {version}.
        infer_path: Ask this version; with {model} and {version}.
        protocol: Of inference: ``v2``, ``v1``, ``openai``, ``own`` or empty.
        late_seconds: How old its figures may be.
        blind_spots: What it cannot see, for people.
        see_more: What would let it see more.
    """

    name: str
    title: str
    signatures: tuple[tuple[str, ...], ...]
    without: tuple[str, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    levels: tuple[Level, ...] = ()
    tallies: tuple[Tally, ...] = ()
    held: tuple[str, ...] = ()
    mirror: MirrorSigns | None = None
    not_versions: tuple[str, ...] = ()
    identity: Identity | None = None
    noise: tuple[str, ...] = ()
    port: int | None = None
    metrics_path: str = "/metrics"
    api_signs: tuple[ApiSign, ...] = field(default=())
    live_path: str = ""
    ready_path: str = ""
    infer_path: str = ""
    protocol: str = ""
    late_seconds: float = 0.0
    blind_spots: tuple[str, ...] = ()
    see_more: tuple[str, ...] = ()

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """Return all of them."""
        return (*self.ratios, *self.distributions, *self.levels, *self.tallies)
