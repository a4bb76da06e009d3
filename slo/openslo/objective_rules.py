"""What the objectives of an SLO must have, given its indicator and its budgeting method."""

from collections.abc import Mapping, Sequence
from typing import Any

from slo.openslo.documents import Path
from slo.openslo.shapes import Check, Report

__all__ = ["objective_rules"]

SLICED = {
    "Occurrences": (),
    "Timeslices": ("timeSliceTarget", "timeSliceWindow"),
    "RatioTimeslices": ("timeSliceWindow",),
}
"""Which of the slice's fields each budgeting method has."""


def objective_rules(inline: str, named: str) -> Check:
    """Return the rule, for a version that calls an indicator so in place and by name."""

    def check(spec: Mapping[str, Any], path: Path, report: Report) -> None:
        objectives = spec.get("objectives")
        if not isinstance(objectives, Sequence) or isinstance(objectives, str):
            return
        own = [name for name in (inline, named) if spec.get(name) is not None]
        if len(own) > 1:
            report.add((*path, named), f"stands beside {inline}; write one.", "exclusive_fields")
        for place, objective in enumerate(objectives):
            if isinstance(objective, Mapping):
                at = (*path, "objectives", place)
                _indicators(own, objective, at, report, (inline, named))
                _slices(str(spec.get("budgetingMethod")), objective, at, report)
                _threshold(objective.get(inline) or spec.get(inline), objective, at, report)

    return check


def _indicators(
    own: list[str], objective: Mapping[str, Any], at: Path, report: Report, names: tuple[str, str]
) -> None:
    """An SLO has one indicator, or each of its objectives has its own."""
    inline, named = names
    there = [name for name in names if objective.get(name) is not None]
    if own and there:
        report.add((*at, there[0]), f"stands beside spec.{own[0]}; write one.", "exclusive_fields")
    elif not own and len(there) != 1:
        found = "has both" if there else "has none, and so has spec"
        report.add(at, f"needs one of {inline} and {named}; it {found}.", "missing_field")


def _slices(method: str, objective: Mapping[str, Any], at: Path, report: Report) -> None:
    wanted = SLICED.get(method)
    for name in SLICED["Timeslices"] if wanted is not None else ():
        there = objective.get(name) is not None
        if name in (wanted or ()) and not there:
            report.add((*at, name), f"is missing; {method} needs it.", "missing_field")
        if name not in (wanted or ()) and there:
            report.add((*at, name), f"means nothing to {method}.", "exclusive_fields")


def _threshold(indicator: object, objective: Mapping[str, Any], at: Path, report: Report) -> None:
    """A limit belongs to a threshold metric, as far as it is seen which metric it is."""
    spec = indicator.get("spec") if isinstance(indicator, Mapping) else None
    if not isinstance(spec, Mapping):
        return
    for name in ("op", "value"):
        there = objective.get(name) is not None
        if there and spec.get("ratioMetric") is not None:
            report.add(
                (*at, name), "belongs to a thresholdMetric, not to a ratio.", "exclusive_fields"
            )
        if not there and spec.get("thresholdMetric") is not None:
            report.add((*at, name), "is missing; a thresholdMetric needs it.", "missing_field")
