"""What the story came to: one screen for people, one JSON document for programs."""

from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

__all__ = ["EXPECTED", "Act", "Alerts", "Budget", "Gpu", "Report", "Runbook"]

EXPECTED = {
    "good-version": "Succeeded",
    "slow-version": "RolledBack",
    "erroring-version": "RolledBack",
}
"""How each act must end for the story to have come out as told."""

BRIEF = 220
"""Characters of a reason on the report's screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One rollout.

    Attributes:
        name: See EXPECTED.
        phase: How it ended.
        seconds: From being asked for to its end.
        canary_requests: Requests the canary answered until then.
        reasons: Why, in the plane's own words.
        evidence: Odds against the canary, to 1.
        weight: The canary's weight at the end, in per cent.
    """

    name: str
    phase: str
    seconds: float
    canary_requests: int
    reasons: tuple[str, ...]
    evidence: float | None
    weight: float

    @property
    def ok(self) -> bool:
        """Whether it ended as told."""
        return self.phase == EXPECTED[self.name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Requests and failures as the load generator counted them, and as the plane's ledger did."""

    counted_total: int
    counted_bad: int
    ledger_total: int
    ledger_bad: int
    remaining_before: float | None
    remaining_after: float | None

    @property
    def ok(self) -> bool:
        """Whether both agree to the last request."""
        counted = (self.counted_total, self.counted_bad)
        return counted == (self.ledger_total, self.ledger_bad) and self.counted_total > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Alerts that fired and resolved, and messages that the receiver acknowledged."""

    fired: int
    resolved: int
    delivered: int

    @property
    def ok(self) -> bool:
        """Whether something fired, all of it resolved, and every message arrived."""
        return 0 < self.fired == self.resolved and self.delivered == self.fired + self.resolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """How the runbook's dry run and its real run ended, and the rollout that it aborted."""

    dry_run: str
    real_run: str
    rollout_phase: str

    @property
    def ok(self) -> bool:
        """Whether both ran and the rollout was rolled back."""
        ran = self.dry_run == self.real_run == "succeeded"
        return ran and self.rollout_phase == "RolledBack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """Where GPU figures come from, or why there are none."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything the story came to."""

    acts: tuple[Act, ...]
    budget: Budget
    alerts: Alerts
    runbook: Runbook
    gpu: Gpu
    breaker: str
    scaling: str
    probes: str
    traces: int
    seconds: float
    notes: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether it came out as told."""
        acts = len(self.acts) == len(EXPECTED) and all(act.ok for act in self.acts)
        parts = self.budget.ok and self.alerts.ok and self.runbook.ok
        return acts and parts and self.traces > 0 and self.breaker == "opened and closed again"

    def json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {"ok": self.ok, **asdict(self)}

    def screen(self) -> RenderableType:
        """Return it for people."""
        verdict = Text("It came out as told.", "bold green")
        if not self.ok:
            verdict = Text("It did NOT come out as told.", "bold red")
        title = f"trimtab demo: {self.seconds:.0f} s"
        return Panel(Group(self._acts(), self._reasons(), self._figures(), verdict), title=title)

    def _acts(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for column in ("act", "ended", "after", "canary requests", "evidence against it"):
            table.add_column(column)
        for act in self.acts:
            odds = "-" if act.evidence is None else f"{act.evidence:,.3g} : 1"
            phase = Text(act.phase, "green" if act.ok else "red")
            after, requests = f"{act.seconds:.0f} s", f"{act.canary_requests:,}"
            table.add_row(Text(act.name, "bold"), phase, after, requests, odds)
        return table

    def _reasons(self) -> Group:
        """Why each act ended as it did, in the plane's words."""
        return Group(*(Text(_brief(act.reasons[0]), "dim") for act in self.acts if act.reasons))

    def _figures(self) -> Table:
        budget, alerts, runbook = self.budget, self.alerts, self.runbook
        same = "the same" if budget.ok else "NOT the same"
        before, after = _percent(budget.remaining_before), _percent(budget.remaining_after)
        table = Table(box=None, show_header=False, pad_edge=False)
        rows = {
            "requests": f"{budget.counted_total:,} sent, {budget.counted_bad:,} failed; the ledger "
            f"says {budget.ledger_total:,} and {budget.ledger_bad:,}: {same}",
            "error budget": f"{before} left before, {after} after",
            "alerts": f"{alerts.fired} fired, {alerts.resolved} resolved, "
            f"{alerts.delivered} messages acknowledged by the webhook receiver",
            "breaker": self.breaker,
            "runbook": f"bad-canary: dry run {runbook.dry_run}, real run {runbook.real_run}",
            "probes": self.probes,
            "scaling": self.scaling,
            "GPU": f"{self.gpu.source}: {self.gpu.reason}",
            "traces": f"{self.traces} rollout steps traced",
        }
        for name, text in rows.items():
            table.add_row(Text(name, "bold"), Text(text))
        for note in self.notes:
            table.add_row(Text("note", "bold"), Text(note))
        return table


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.1%}"


def _brief(reason: str) -> str:
    """Return the sentences that fit a report; all of them are in the JSON and the audit trail."""
    told = ""
    for sentence in reason.split(". "):
        if told and len(told) + len(sentence) > BRIEF:
            break
        told += sentence.rstrip(".") + ". "
    return told.strip()
