"""One SLO as its file says, whatever the file's format."""

from collections.abc import Mapping
from dataclasses import dataclass

from slo.alert_windows import BurnRule
from slo.budgeting import OCCURRENCES, Budgeting
from slo.objective import Objective
from slo.sli import Sli

__all__ = ["SloSpec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SloSpec:
    """One SLO as its file says.

    Attributes:
        name: Unique among SLOs.
        service: Whom it is about.
        description: For people.
        objective: The promise.
        sli: What counts as good.
        labels: As written.
        budgeting: Whether events are counted, or slices of time.
        blame_by: Labels that its events are counted apart by, so that blame can be told.
        rules: Its own burn rules; those of the Workbook, scaled to its window, when None.
    """

    name: str
    service: str
    description: str
    objective: Objective
    sli: Sli
    labels: Mapping[str, str]
    rules: tuple[BurnRule, ...] | None = None
    blame_by: tuple[str, ...] = ()
    budgeting: Budgeting = OCCURRENCES
