"""What is seen while the story runs: acts on the left, the plane's own figures on the right."""

import asyncio
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from controlplane.client import TrimtabClient
from controlplane.demo.stage import Stage
from controlplane.errors import TrimtabError

__all__ = ["View"]

REFRESH_SECONDS = 0.5


class View:
    """A live picture on a terminal, plain lines elsewhere, nothing when quiet."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet
        self._lines: list[tuple[str, str]] = []
        self._figures: RenderableType = Text("starting ...")
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._quiet:
            self._live = Live(self._picture(), console=self._console, refresh_per_second=4)
            self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the last picture standing, so that something else can be printed below it."""
        if self._live is not None:
            self._live.stop()
            self._live = None
            self._quiet = True

    def begin(self, text: str) -> None:
        """Say what happens now; what happened before is done."""
        if self._lines:
            self.end("done")
        self._lines.append((text, ""))
        if self._live is None and not self._quiet:
            self._console.print(Text(f"- {text}"))
        self._draw()

    def end(self, outcome: str) -> None:
        """Say how it went."""
        text, before = self._lines[-1]
        self._lines[-1] = (text, before or outcome)
        if self._live is None and not self._quiet and not before:
            self._console.print(Text(f"  {outcome}"))
        self._draw()

    async def follow(self, stage: Stage) -> None:
        """Renew the figures until cancelled."""
        while True:
            try:
                self._figures = await stage.ask(_figures)
            except TrimtabError as error:
                self._figures = Text(str(error))
            self._draw()
            await asyncio.sleep(REFRESH_SECONDS)

    def _draw(self) -> None:
        if self._live is not None:
            self._live.update(self._picture())

    def _picture(self) -> RenderableType:
        story = Table(box=None, show_header=False, pad_edge=False)
        for text, outcome in self._lines:
            mark = Text("done" if outcome == "done" else outcome) if outcome else Spinner("dots")
            story.add_row(Text(text), mark)
        return Panel(Group(story, Text(), self._figures), title="trimtab demo")


def _figures(client: TrimtabClient) -> RenderableType:
    table = Table(box=None, show_header=False, pad_edge=False)
    for service in client.services():
        weights = service.weights or {}
        split = "  ".join(f"v{version} {share:.0f} %" for version, share in weights.items())
        table.add_row(Text("traffic", "bold"), Text(split))
    for slo in client.slos():
        left = slo.status.budget.remaining_ratio
        budget = "no traffic yet" if left is None else f"{left:.0%} of the budget left"
        table.add_row(Text(slo.name, "bold"), Text(f"{slo.status.state}, {budget}"))
    for rollout in client.rollouts(active=True):
        status = rollout.status
        odds = (status.evidence or {}).get("e_value")
        against = "" if odds is None else f", evidence {odds:,.3g} : 1"
        told = f"{status.phase} at {status.weight or 0.0:g} %, {status.canary_requests} requests{against}"
        table.add_row(Text(f"rollout of v{rollout.spec.version}", "bold"), Text(told))
    for alert in client.alerts():
        style = "red" if alert.state == "firing" else "green"
        table.add_row(Text("alert", "bold"), Text(f"{alert.key} {alert.state}", style))
    return table
