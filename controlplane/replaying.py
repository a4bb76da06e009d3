"""What an SLO's rules would have done to a past: whom they would have called, when, and why.

The decisions are those of the running control plane: the same rules, gate and alert statechart. They
are taken for all moments at once, and the statechart takes a step wherever a decision changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from controlplane.decide.alert_state import QUIET, AlertState, Intent, step
from controlplane.promise import Promise
from slo import (
    Budget,
    CountHistory,
    EvidenceGate,
    Severity,
    error_budget,
    evaluate,
    firing_over_time,
)

__all__ = ["Episode", "Replay", "replay"]

FIRING = {1: True, 0: False, -1: None}
"""What a decision's code says."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One alert, from the message that it fires to the message that it is over.

    Attributes:
        severity: Whom it calls.
        fired_at: Unix seconds.
        resolved_at: The same; None when it fires still.
        reason: The rule's own words when it fired.
    """

    severity: Severity
    fired_at: float
    resolved_at: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What became of one SLO.

    Attributes:
        slo: Its name.
        since: From when the past was gone through, Unix seconds.
        until: Until when.
        evaluations: How many times its rules were evaluated.
        episodes: All alerts in the order they fired.
        budget: At the end.
    """

    slo: str
    since: float
    until: float
    evaluations: int
    episodes: tuple[Episode, ...]
    budget: Budget

    def count(self, severity: Severity) -> int:
        """Return how many alerts of a severity there were."""
        return sum(episode.severity is severity for episode in self.episodes)


def replay(
    promise: Promise,
    history: CountHistory,
    moments: Floats,
    *,
    keep_firing_seconds: float,
    gate: EvidenceGate | None = None,
) -> Replay:
    """Go through a past.

    Args:
        promise: The SLO with its rules.
        history: What happened.
        moments: When the rules are evaluated, Unix seconds, rising; at least one.
        keep_firing_seconds: How long a rule must stay quiet before its alert resolves.
        gate: What an alert needs besides its burn rate; the SLO's own when None.
    """
    objective, gate = promise.slo.objective, gate or promise.gate
    decided = firing_over_time(promise.rules, history, moments, objective, gate)
    episodes = [
        _told(promise, history, severity, (fired, resolved), gate)
        for severity, codes in decided.items()
        for fired, resolved in _episodes(codes, moments, keep_firing_seconds)
    ]
    end = float(moments[-1])
    start = end - objective.window.total_seconds()
    if objective.calendar is not None:
        start = objective.calendar.at(end).start
    return Replay(
        slo=promise.slo.name,
        since=float(moments[0]),
        until=end,
        evaluations=len(moments),
        episodes=tuple(sorted(episodes, key=lambda each: each.fired_at)),
        budget=error_budget(history.since(start, end), objective),
    )


def _episodes(
    codes: npt.NDArray[np.int8], moments: Floats, keep_firing_seconds: float
) -> Iterator[tuple[float, float | None]]:
    """Yield when each alert fired and when it resolved."""
    alert = QUIET
    for at in _steps(codes, moments, keep_firing_seconds):
        taken = step(
            alert,
            firing=FIRING[int(codes[at])],
            now=float(moments[at]),
            keep_firing_seconds=keep_firing_seconds,
        )
        alert = taken.alert
        if taken.intent is Intent.RESOLVE:
            yield alert.starts_at, alert.ends_at
    if alert.state is AlertState.FIRING:
        yield alert.starts_at, None


def _steps(
    codes: npt.NDArray[np.int8], moments: Floats, keep_firing_seconds: float
) -> Iterator[int]:
    """Yield where the statechart may do something: all other steps leave an alert as it is.

    A decision that stays the same changes an alert only once more: where it has been quiet for so
    long that the alert resolves.
    """
    begins = np.flatnonzero(np.r_[True, np.diff(codes) != 0])
    ends = np.r_[begins[1:], len(codes)]
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        yield begin
        if codes[begin] == 0:
            quiet_long = moments[begin] + keep_firing_seconds
            later = int(np.searchsorted(moments[begin:end], quiet_long)) + begin
            # Its neighbours too: sums and differences of moments may round apart.
            yield from (at for at in (later - 1, later, later + 1) if begin < at < end)


def _told(
    promise: Promise,
    history: CountHistory,
    severity: Severity,
    lasted: tuple[float, float | None],
    gate: EvidenceGate,
) -> Episode:
    """Ask the evaluation in full for its words at the moment an alert fired."""
    slo, (fired, resolved) = promise.slo, lasted
    found = evaluate(
        promise.rules, lambda length: history.window(fired, length), slo.objective, gate
    )
    return Episode(
        severity=severity, fired_at=fired, resolved_at=resolved, reason=found[severity.value].reason
    )
