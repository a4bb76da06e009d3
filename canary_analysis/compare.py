"""A past judged as if it happened now: by our evidence, and by Kayenta's judge, read all along."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from canary_analysis.analysis import Analysis
from canary_analysis.compare_points import names_of, points_of
from canary_analysis.compare_recording import Recording
from canary_analysis.decision import Decision
from canary_analysis.kayenta import (
    Config,
    Direction,
    Judgement,
    MetricConfig,
    Points,
    Rule,
    Thresholds,
    judge,
)
from canary_analysis.policy import Policy
from canary_analysis.verdict import Verdict

__all__ = [
    "Comparison",
    "KayentaRead",
    "Read",
    "compare",
    "read_kayenta",
    "read_past",
    "usual_config",
]

MOST_READINGS = 1000
FEWEST_POINTS = 5
"""Of each arm before Kayenta is asked for the first time. Its documentation wants 50."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Our verdict on a past.

    Attributes:
        verdict: At the first conviction, else at the end.
        at_seconds: When that was, since the beginning.
        readings: How often it was looked at until then.
    """

    verdict: Verdict
    at_seconds: float
    readings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KayentaRead:
    """Kayenta's judgement of a past.

    Attributes:
        at_end: One judgement of everything.
        stopped: The judgement that would have ended the canary, read all along; None when none.
        stopped_seconds: When that was; None when never.
        readings: How often it was looked at until then.
    """

    at_end: Judgement
    stopped: Judgement | None
    stopped_seconds: float | None
    readings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Both judges on one past."""

    ours: Read
    kayenta: KayentaRead


def read_past(recording: Recording, policy: Policy) -> Read:
    """Look at a past tick by tick until it convicts; the error guarantee includes all the looking.

    What came after one arm fell silent is not looked at, and at the end its data are old.

    Args:
        recording: What was counted.
        policy: What is tolerated.

    Raises:
        InvalidMetric: There is nothing to compare.
    """
    analysis = Analysis.start([counted.metric for counted in recording.metrics], policy)
    every = max(1, -(-len(recording.ends) // MOST_READINGS))
    readings, last = 0, len(recording.ends) - 1
    until = recording.seconds if recording.seen_until is None else recording.seen_until
    for number, end in enumerate(recording.ends.tolist()):
        if end > until:
            break
        tick = recording.tick(number)
        analysis = analysis.observe(tick) if tick else analysis
        if number % every == 0 or number == last:
            readings += 1
            if analysis.decide(end) is Decision.ROLLBACK:
                return Read(verdict=analysis.judge(end), at_seconds=end, readings=readings)
    end = recording.seconds
    return Read(verdict=analysis.judge(end), at_seconds=end, readings=readings)


def usual_config(recording: Recording) -> Config:
    """Return the configuration that fits a recording: every share and quantile, worse is more.

    Errors and latency are a group each; a score of 95 passes, one of 75 is marginal.
    """
    worse = Rule(direction=Direction.INCREASE)
    metrics = tuple(
        MetricConfig(name=name, rule=worse, groups=(counted.metric.kind.value,))
        for counted in recording.metrics
        for name in names_of(counted.metric.name, counted.metric.kind)
    )
    return Config(metrics=metrics, weights={}, thresholds=Thresholds())


def read_kayenta(
    recording: Recording,
    config: Config,
    rng: np.random.Generator,
    *,
    step_seconds: float = 60.0,
    every_seconds: float = 60.0,
) -> KayentaRead:
    """Ask Kayenta's judge at the end, and all along with a growing window.

    Read all along, a canary ends at the first score that is no more than marginal.

    Args:
        recording: What was counted.
        config: What counts.
        rng: Gives the noise on constant points.
        step_seconds: Between two points.
        every_seconds: Between two judgements.
    """
    points = points_of(recording, step_seconds=step_seconds)
    at_end = judge(config, points, rng)
    readings = 0
    for moment in _moments(recording.seconds, step_seconds, every_seconds):
        readings += 1
        seen = _first(points, int(moment / step_seconds + 1e-9))
        found = judge(config, seen, rng)
        if found.scored.score <= config.thresholds.marginal:
            return KayentaRead(
                at_end=at_end, stopped=found, stopped_seconds=moment, readings=readings
            )
    return KayentaRead(at_end=at_end, stopped=None, stopped_seconds=None, readings=readings)


def _first(points: Mapping[str, Points], steps: int) -> dict[str, Points]:
    return {
        name: Points(canary=each.canary[:steps], baseline=each.baseline[:steps])
        for name, each in points.items()
    }


def _moments(seconds: float, step_seconds: float, every_seconds: float) -> Iterator[float]:
    first = max(FEWEST_POINTS * step_seconds, every_seconds)
    every = max(every_seconds, seconds / MOST_READINGS)
    for number in range(int((seconds - first) / every + 1e-9) + 1 if seconds >= first else 0):
        yield first + number * every


def compare(
    recording: Recording,
    policy: Policy,
    config: Config,
    rng: np.random.Generator,
    *,
    step_seconds: float = 60.0,
) -> Comparison:
    """Ask both judges about the same past.

    Args:
        recording: What was counted.
        policy: Ours.
        config: Kayenta's.
        rng: Gives the noise on constant points.
        step_seconds: Between two points, and between two of Kayenta's judgements.
    """
    return Comparison(
        ours=read_past(recording, policy),
        kayenta=read_kayenta(
            recording, config, rng, step_seconds=step_seconds, every_seconds=step_seconds
        ),
    )
