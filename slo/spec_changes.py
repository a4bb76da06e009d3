"""What is different between two versions of an SLO, in words."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from slo.alert_windows import BurnRule
from slo.budgeting import Budgeting
from slo.composite import Part
from slo.spec import SloSpec

__all__ = ["changes_of", "counts_the_same"]


def changes_of(old: SloSpec, new: SloSpec) -> tuple[str, ...]:
    """Return one line for each field that is different, old and new; none where all is the same."""
    before, after = _fields(old), _fields(new)
    told = tuple(
        f"{name}: {before[name]} -> {after[name]}" for name in after if before[name] != after[name]
    )
    return told or (() if old == new else ("details: the same words, other figures",))


def counts_the_same(old: SloSpec, new: SloSpec) -> bool:
    """Whether what was counted for the old goes on for the new without a seam."""
    return all(
        getattr(old, name) == getattr(new, name)
        for name in ("service", "sli", "budgeting", "blame_by", "each")
    )


def _fields(spec: SloSpec) -> Mapping[str, str]:
    """Return what people write, field by field, in their words."""
    objective, window = spec.objective, _length(spec.objective.window)
    return {
        "service": spec.service,
        "description": repr(spec.description),
        "target": f"{objective.target:.12g}",
        "window": window if objective.calendar is None else f"{window} of {objective.calendar}",
        "metric source": spec.source or "the usual",
        "indicator": str(spec.sli),
        "objectives": _parts(spec.parts),
        "method": _method(spec.budgeting),
        "labels": _pairs(spec.labels),
        "burn rules": "the usual" if spec.rules is None else _rules(spec.rules),
        "blame by": ", ".join(spec.blame_by) or "nothing",
        "each": "nothing"
        if spec.each is None
        else f"{','.join(spec.each.labels)} <= {spec.each.limit}",
        "evidence": "the usual"
        if spec.evidence is None
        else f"chance {spec.evidence.chance:g}, bad {spec.evidence.min_bad}",
        "no data": "never" if spec.silence is None else _length(spec.silence),
    }


def _method(budgeting: Budgeting) -> str:
    if not budgeting.sliced:
        return budgeting.method.value
    target = f" at {budgeting.target:g}" if budgeting.target else ""
    return f"{budgeting.method.value} of {_length(budgeting.length)}{target}"


def _parts(parts: Sequence[Part]) -> str:
    if len(parts) == 1:
        return "one"
    return ", ".join(
        f"{part.name} x {part.weight:g}" + (f" at {part.slice_target:g}" * bool(part.slice_target))
        for part in parts
    )


def _rules(rules: Iterable[BurnRule]) -> str:
    return ", ".join(
        f"{rule.severity.value} {rule.budget_share * 100:.6g}% {_length(rule.long)}/{_length(rule.short)}"
        for rule in rules
    )


def _pairs(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(labels.items())) or "none"


def _length(length: timedelta) -> str:
    seconds = length.total_seconds()
    for unit, size in (("d", 86_400.0), ("h", 3_600.0), ("m", 60.0)):
        if seconds >= size and seconds % size == 0.0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"
