"""Whether an SLO's burn is reason to call someone, and the words why."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from slo.alert_windows import BurnRule, Severity
from slo.burn import burn_rate
from slo.evidence_gate import EvidenceGate
from slo.objective import Objective
from slo.sli import Counts

__all__ = ["Decision", "evaluate", "evaluate_rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one rule says.

    Attributes:
        rule: The rule.
        threshold: Burn rate above which it fires.
        firing: None when there was no traffic to judge by.
        burn_long: Burn rate over the long window; None without traffic.
        burn_short: The same over the short one.
        reason: For a person.
    """

    rule: BurnRule
    threshold: float
    firing: bool | None
    burn_long: float | None
    burn_short: float | None
    reason: str

    @property
    def severity(self) -> Severity:
        """Whom it calls."""
        return self.rule.severity


def evaluate(
    rules: tuple[BurnRule, ...],
    counts: Callable[[timedelta], Counts],
    objective: Objective,
    gate: EvidenceGate,
) -> dict[str, Decision]:
    """Return one decision by severity: that of a rule that fires, or of the one closest to it.

    Args:
        rules: Of one SLO.
        counts: What happened over the last so and so long.
        objective: The promise.
        gate: What an alert needs besides its burn rate.
    """
    found: dict[str, Decision] = {}
    for rule in rules:
        decision = evaluate_rule(rule, counts(rule.long), counts(rule.short), objective, gate)
        standing = found.get(rule.severity)
        if standing is None or _urgency(decision) > _urgency(standing):
            found[rule.severity.value] = decision
    return found


def evaluate_rule(
    rule: BurnRule, long: Counts, short: Counts, objective: Objective, gate: EvidenceGate
) -> Decision:
    """Judge one rule: both windows burn above the threshold, and it is more than chance."""
    threshold = rule.threshold(objective.window)
    burn_long, burn_short = burn_rate(long, objective), burn_rate(short, objective)
    if burn_long is None:
        firing, reason = None, f"no traffic within {_spell(rule.long)}"
    elif burn_short is None and burn_long >= threshold:
        # A service that vanished while it burnt is not well: nothing is known, nothing is cleared.
        firing, reason = None, f"burnt {burn_long:.1f}x, then no traffic for {_spell(rule.short)}"
    elif burn_long < threshold:
        firing, reason = False, f"burns {burn_long:.1f}x over {_spell(rule.long)}"
    elif burn_short is None or burn_short < threshold:
        firing, reason = False, f"burnt {burn_long:.1f}x over {_spell(rule.long)}, and stopped"
    elif not gate.passes(long, objective.allowed_error_ratio):
        firing, reason = False, f"{_of(long, gate)} may still be chance"
    else:
        firing = True
        reason = f"{_of(long, gate)} within {_spell(rule.long)} burn {burn_long:.1f}x"
    return Decision(
        rule=rule,
        threshold=threshold,
        firing=firing,
        burn_long=burn_long,
        burn_short=burn_short,
        reason=f"{reason} (limit {threshold:g}x)",
    )


def _urgency(decision: Decision) -> tuple[bool, float]:
    """Firing first, then how close the burn is to the threshold; nothing known comes last."""
    burn = -1.0 if decision.burn_long is None else decision.burn_long / decision.threshold
    return decision.firing is True, burn


def _of(counts: Counts, gate: EvidenceGate) -> str:
    """Return counts in events or slices, whatever parts they are counted in."""
    if gate.unit == 1:
        return f"{counts.bad} bad of {counts.total}"
    return f"{counts.bad / gate.unit:.2f} bad of {counts.total / gate.unit:.0f}"


def _spell(length: timedelta) -> str:
    seconds = length.total_seconds()
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
