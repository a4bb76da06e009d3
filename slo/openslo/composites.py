"""Several objectives of one SLO, each with an indicator of its own, as one composite."""

from slo.budgeting import Budgeting, Method
from slo.composite import CompositeSli, Part, Rule
from slo.errors import InvalidSpec, UnsupportedSpec
from slo.openslo.annotations import BLAME, COMPOSITE, Annotations
from slo.openslo.fields import Fields
from slo.sli import Sli

__all__ = ["composite_of", "composite_target"]

MOST_PARTS = 20


def composite_of(
    objectives: list[Fields], slis: list[Sli], wishes: Annotations, budgeting: Budgeting
) -> CompositeSli:
    """Return what the objectives count together.

    Args:
        objectives: As written.
        slis: What each of them counts.
        wishes: Of the SLO's annotations.
        budgeting: Of the SLO.

    Raises:
        InvalidSpec: The rule does not fit the budgeting method or the weights.
        UnsupportedSpec: There are too many, or labels are to be blamed.
    """
    place = objectives[0].place
    if len(objectives) > MOST_PARTS:
        msg = (
            f"{place}: {len(objectives)} objectives are too many; at most {MOST_PARTS} are counted."
        )
        raise UnsupportedSpec(msg)
    if wishes.blame_by:
        msg = f"{place}: {BLAME} means nothing to several objectives; they themselves are blamed."
        raise UnsupportedSpec(msg)
    weights = [_weight(objective) for objective in objectives]
    if wishes.composite is Rule.ANY:
        _refuse_any(place, weights, budgeting)
    timeslices = budgeting.method is Method.TIMESLICES
    parts = tuple(
        Part(
            name=objective.optional_text("displayName") or f"objective {at}",
            sli=sli,
            weight=weight,
            slice_target=objective.number("timeSliceTarget") if timeslices else 0.0,
        )
        for at, (objective, sli, weight) in enumerate(
            zip(objectives, slis, weights, strict=True), 1
        )
    )
    if len({part.name for part in parts}) != len(parts):
        msg = f"{place}: two objectives have one displayName; give each a name of its own."
        raise InvalidSpec(msg)
    return CompositeSli(parts=parts, rule=wishes.composite or Rule.WEIGHTS)


def composite_target(
    targets: list[float], composite: CompositeSli, wishes: Annotations, place: str
) -> float:
    """Return the target of all together: as annotated, or as it follows from theirs.

    Where each event is judged by all, the allowed failures add up; elsewhere it is the weighted mean.

    Raises:
        InvalidSpec: Nothing would be promised.
    """
    if wishes.target is not None:
        return wishes.target
    if composite.rule is Rule.ANY:
        found = 1.0 - sum(1.0 - target for target in targets)
    else:
        weights = [part.weight for part in composite.parts]
        pairs = zip(weights, targets, strict=True)
        found = sum(weight * target for weight, target in pairs) / sum(weights)
    if found <= 0.0:
        msg = (
            f"{place}: the allowed failures of all objectives add up to everything; "
            f"annotate a target, {COMPOSITE}: any 99%."
        )
        raise InvalidSpec(msg)
    return round(found, 12)


def _weight(objective: Fields) -> float:
    return objective.number("compositeWeight") if "compositeWeight" in objective else 1.0


def _refuse_any(place: str, weights: list[float], budgeting: Budgeting) -> None:
    if budgeting.sliced:
        msg = (
            f"{place}: {COMPOSITE}: any is about events; slices are bad by any objective already "
            "(Timeslices), or weighed (RatioTimeslices)."
        )
        raise InvalidSpec(msg)
    if len(set(weights)) > 1:
        msg = f"{place}: compositeWeight means nothing to events that any objective can spoil."
        raise InvalidSpec(msg)
