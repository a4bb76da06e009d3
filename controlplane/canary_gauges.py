"""Levels of the replicas of a rollout's versions, as readings that canary_analysis can judge. Pure.

A level belongs to a version only on a replica that serves no other. Which one a replica serves is
seen by the requests that it answered since the rollout began.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from canary_analysis import Kind, Metric, Readings
from controlplane.decide.rollout_gauge import GaugeAction, GaugeAsked
from controlplane.errors import Refused
from probes.exposition import Page
from probes.gpu_join import Serving
from probes.indicators import Level
from probes.reading import level_of
from probes.server_profile import ServerProfile
from slo import InvalidSelector, parse_selectors

__all__ = [
    "OF_GPUS",
    "PageSeen",
    "WatchedGauge",
    "check_gauges",
    "gauges_of",
    "read_gauges",
    "sides_of",
]

TAKEN = frozenset({"errors", "latency"})
"""Names of what is counted."""

UTILIZATION, MEMORY = "gpu_utilization", "gpu_memory_used"
OF_GPUS = (UTILIZATION, MEMORY)
"""Levels that NVIDIA's DCGM exporter tells of the GPUs that serve a replica."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSeen:
    """What one replica showed last.

    Attributes:
        at: When, Unix seconds.
        page: Its page.
        serving: The GPUs that serve it; None where nobody asked for them.
    """

    at: float
    page: Page
    serving: Serving | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedGauge:
    """One gauge, and where it is read.

    Attributes:
        asked: As it was asked for.
        levels: Ways to read it off a replica's own page, the preferred first.
        of_gpus: Whether DCGM tells it where the replica's own page does not.
    """

    asked: GaugeAsked
    levels: tuple[Level, ...]
    of_gpus: bool

    @property
    def metric(self) -> Metric:
        """What canary_analysis compares."""
        asked = self.asked
        return Metric(
            name=asked.name,
            kind=Kind.GAUGE,
            margin=asked.margin,
            critical=False,
            rolls_back=asked.action is GaugeAction.ROLLBACK,
        )

    @property
    def names(self) -> frozenset[str]:
        """Names of the series that it is read from on a replica's own page."""
        return frozenset(selector.name for level in self.levels for selector in level.series)

    def read(self, seen: PageSeen, *, model: str, version: str) -> float | None:
        """Return the level of one replica; None where nothing tells it."""
        for level in self.levels:
            value = level_of(seen.page, level, model=model, version=version)
            if value is not None:
                return value
        return _of_gpus(self.asked.name, seen.serving) if self.of_gpus else None


def check_gauges(asked: tuple[GaugeAsked, ...], profile: ServerProfile | None) -> None:
    """Refuse gauges that could never be read.

    Args:
        asked: Which.
        profile: The kind of server; None while that is not known.

    Raises:
        Refused: Two have one name, a name is taken, a query is none, or the server shows no such level.
    """
    names = [each.name for each in asked]
    twice = sorted({name for name in names if names.count(name) > 1 or name in TAKEN})
    if twice:
        msg = f"A gauge cannot be called {twice[0]!r}: something else is."
        raise Refused(msg, hint="findings are told by name; choose another")
    for each in asked:
        _check_series(each)
        known = {level.name for level in profile.levels}.union(OF_GPUS) if profile else {each.name}
        if not each.series and each.name not in known:
            msg = f"No level of a {profile.title if profile else 'server'} is called {each.name!r}."
            hint = f"name its series, or one of {', '.join(sorted(known))}"
            raise Refused(msg, hint=hint)


def _check_series(asked: GaugeAsked) -> None:
    if asked.series:
        try:
            parse_selectors(asked.series)
        except InvalidSelector as error:
            msg = f"Gauge {asked.name!r}: {error}"
            raise Refused(msg) from error


def gauges_of(asked: Iterable[GaugeAsked], profile: ServerProfile) -> tuple[WatchedGauge, ...]:
    """Return where each gauge is read."""
    return tuple(_watched(each, profile) for each in asked)


def sides_of(
    canary: Mapping[str, float], baseline: Mapping[str, float]
) -> dict[str, frozenset[str]]:
    """Return which replicas answered for the canary, the baseline, and both.

    Args:
        canary: Requests by replica since the rollout began.
        baseline: The same of the baseline.
    """
    here, there = (
        frozenset(name for name, count in arm.items() if count > 0.0) for arm in (canary, baseline)
    )
    return {"canary": here - there, "baseline": there - here, "both": here & there}


def read_gauges(
    gauges: Iterable[WatchedGauge],
    pages: Mapping[str, PageSeen],
    sides: Mapping[str, frozenset[str]],
    *,
    model: str,
    versions: tuple[str, str],
    elapsed: float,
) -> dict[str, Readings]:
    """Return the readings of each gauge.

    Args:
        gauges: Which.
        pages: Those that are new, by replica.
        sides: As `sides_of` tells them.
        model: The name the model server uses.
        versions: The canary and the baseline.
        elapsed: Now, seconds since the analysis began.
    """
    shared = len(sides["both"])

    def arm(gauge: WatchedGauge, side: str, version: str) -> dict[str, float]:
        mine = sorted(sides[side] & pages.keys())
        found = {name: gauge.read(pages[name], model=model, version=version) for name in mine}
        return {name: value for name, value in found.items() if value is not None}

    return {
        gauge.asked.name: Readings(
            canary=arm(gauge, "canary", versions[0]),
            baseline=arm(gauge, "baseline", versions[1]),
            elapsed_seconds=elapsed,
            shared=shared,
        )
        for gauge in gauges
    }


def _watched(asked: GaugeAsked, profile: ServerProfile) -> WatchedGauge:
    if asked.series:
        written = Level(name=asked.name, series=parse_selectors(asked.series), unit="")
        return WatchedGauge(asked=asked, levels=(written,), of_gpus=False)
    levels = tuple(level for level in profile.levels if level.name == asked.name)
    return WatchedGauge(asked=asked, levels=levels, of_gpus=asked.name in OF_GPUS)


def _of_gpus(name: str, serving: Serving | None) -> float | None:
    if serving is None:
        return None
    if name == UTILIZATION:
        return serving.utilization_ratio
    taken = [gpu.memory_used_bytes for gpu in serving.gpus if gpu.memory_used_bytes is not None]
    return sum(taken) if taken else None
