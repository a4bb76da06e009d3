"""One SLO as its file says, whatever the file's format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from slo.alert_windows import BurnRule
from slo.budgeting import OCCURRENCES, Budgeting
from slo.composite import AnySli, CompositeSli, Part
from slo.evidence_gate import EvidenceGate
from slo.label_sets import LabelSets
from slo.objective import Objective
from slo.sli import RatioSli

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
        evidence: What an alert needs besides its burn rate; the usual when None.
        silence: After so long without an event someone is called; never when None.
        each: By which labels it is one SLO for each set of values; None where it is but one.
        family: The SLO that it is a part of, where it is one for a set of values; else empty.
        values: That set, by label.
        source: Name of the data source that its file refers to; ``trimtab`` for our own pages, empty
            where it says nothing.
    """

    name: str
    service: str
    description: str
    objective: Objective
    sli: AnySli
    labels: Mapping[str, str]
    rules: tuple[BurnRule, ...] | None = None
    blame_by: tuple[str, ...] = ()
    budgeting: Budgeting = OCCURRENCES
    evidence: EvidenceGate | None = None
    silence: timedelta | None = None
    each: LabelSets | None = None
    family: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return what it is made of: one part, or those of a composite."""
        if isinstance(self.sli, CompositeSli):
            return self.sli.parts
        return (Part(name=self.name, sli=self.sli, slice_target=self.budgeting.target),)

    @property
    def periodic(self) -> bool:
        """Whether it rests on figures that are given anew for each period."""
        return any(isinstance(part.sli, RatioSli) and part.sli.periodic for part in self.parts)
