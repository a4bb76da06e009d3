"""trimtab demo: the whole story on this machine."""

import asyncio
import signal
import tempfile
import time
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from controlplane.cli.exits import Exit
from controlplane.cli.session import Format, FormatOption, ending_well
from controlplane.demo.report import Report
from controlplane.demo.scene import FAST, NORMAL
from controlplane.demo.stage import Stage, set_stage
from controlplane.demo.story import tell
from controlplane.demo.view import View

__all__ = ["demo"]


def demo(
    *,
    fast: Annotated[bool, typer.Option("--fast", help="At most two minutes.")] = False,
    no_dashboard: Annotated[
        bool, typer.Option("--no-dashboard", help="Do not start the dashboard.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything running until Ctrl-C.")
    ] = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """Run the story: a fleet under load, three rollouts, an outage with a page, and a report.

    Exit 0 only when it came out as told. Example: trimtab demo --fast -o json
    """
    with ending_well():
        report = asyncio.run(_demo(fast=fast, dashboard=not no_dashboard, keep=keep, output=output))
    if not report.ok:
        raise typer.Exit(Exit.REFUSED)


async def _demo(*, fast: bool, dashboard: bool, keep: bool, output: Format) -> Report:
    """Set the stage, tell the story, print the report, and stop all of it."""
    begun = time.monotonic()
    _stop_on_term()
    console = Console(stderr=output is not Format.TABLE)
    folder = Path(tempfile.mkdtemp(prefix="trimtab-demo-"))
    with View(console, quiet=False) as view:
        view.begin("two servers start, models are built")
        async with set_stage(folder, FAST if fast else NORMAL, dashboard=dashboard) as stage:
            report = await tell(stage, view, begun=begun)
            view.close()
            _print(report, output, console)
            if keep:
                await _keep(stage, console, dashboard=dashboard)
    return report


def _stop_on_term() -> None:
    """Treat TERM as Ctrl-C, so that nothing is left running either way."""
    main = asyncio.current_task()
    if main is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, main.cancel)


def _print(report: Report, output: Format, console: Console) -> None:
    if output is Format.TABLE:
        console.print(report.screen())
    else:
        typer.echo(orjson.dumps(report.json(), option=orjson.OPT_INDENT_2).decode())


async def _keep(stage: Stage, console: Console, *, dashboard: bool) -> None:
    """Print where everything is, and wait for Ctrl-C."""
    ports = stage.ports
    places = {
        "control plane": f"{ports.plane_url}/docs",
        "model server": f"{ports.model_server_url}/v2",
        "files and logs": str(stage.folder),
    }
    if dashboard:
        places["dashboard"] = ports.dashboard_url
    for name, place in places.items():
        console.print(f"{name}: {place}")
    console.print(f"export TRIMTAB_URL={ports.plane_url}   # for other trimtab commands")
    console.print("Ctrl-C stops all of it.")
    await asyncio.Event().wait()
