"""What an SLO rests on: how near to the client its metrics are, and what they cannot see. Pure."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from probes.indicators import Distribution, Ratio, Shape, Source
from probes.server_profile import ServerProfile

__all__ = ["PROBE_METRIC", "Provenance", "rests_on"]

PROBE_METRIC = "trimtab_probe_total"
SUFFIXES = ("", "_count", "_bucket", "_sum")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where an SLO's figures come from.

    Attributes:
        source: How near to the client; None when no profile knows the metric.
        system: The kind of server; empty when not known.
        cannot_see: What the figures miss, for people.
    """

    source: Source | None = None
    system: str = ""
    cannot_see: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return it in words."""
        if self.source is None:
            return "metrics that no profile knows"
        return f"{self.source.title}{f' ({self.system})' if self.system else ''}"


def rests_on(names: AbstractSet[str], profiles: Iterable[ServerProfile]) -> Provenance:
    """Return what an SLO on metrics of these names rests on.

    Args:
        names: Of its series.
        profiles: Kinds of server that its targets were recognised as: names alone tell little.
    """
    if PROBE_METRIC in names:
        return Provenance(source=Source.PROBE)
    for profile in profiles:
        measured: tuple[Ratio | Distribution, ...] = (*profile.ratios, *profile.distributions)
        for indicator in measured:
            if names & _names_of(indicator):
                spots = indicator.cannot_see if isinstance(indicator, Ratio) else ()
                return Provenance(
                    source=indicator.source,
                    system=profile.name,
                    cannot_see=tuple(dict.fromkeys((*spots, *profile.blind_spots))),
                )
    return Provenance()


def _names_of(indicator: Ratio | Distribution) -> set[str]:
    if isinstance(indicator, Ratio):
        return {one.name for one in (*indicator.total, *indicator.good, *indicator.bad)}
    names = {one.name for one in indicator.needs}
    if indicator.shape in (Shape.HISTOGRAM, Shape.SUMMARY):
        names |= {indicator.family.name + suffix for suffix in SUFFIXES}
    return names
