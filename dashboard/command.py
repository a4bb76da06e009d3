"""trimtab dashboard: starts Streamlit with settings fit for operators."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app", "streamlit_arguments"]

app = typer.Typer(name="dashboard", invoke_without_command=True)
UNUSABLE = 2

OPTIONS = {
    "browser.gatherUsageStats": "false",
    "client.showErrorDetails": "none",
    "client.toolbarMode": "viewer",
    "server.fileWatcherType": "none",
    "server.headless": "true",
    "server.runOnSave": "false",
}
"""Nothing is sent home, no traceback is shown, nothing reloads by itself."""


def streamlit_arguments(host: str, port: int) -> list[str]:
    """Return the arguments after ``python -m``."""
    script = Path(__file__).with_name("__main__.py")
    options = {**OPTIONS, "server.address": host, "server.port": str(port)}
    return [
        "streamlit",
        "run",
        str(script),
        *(f"--{key}={value}" for key, value in options.items()),
    ]


@app.callback()
def dashboard(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8501,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    plane: Annotated[str, typer.Option(help="Control plane; TRIMTAB_URL if left out.")] = "",
) -> None:
    """Show the dashboard of a control plane.

    Example: trimtab dashboard --port 8501
    """
    chosen = ["/usr/bin/env", f"TRIMTAB_URL={plane}"] if plane else []
    command = [*chosen, sys.executable, "-m", *streamlit_arguments(host, port)]
    try:
        ended = subprocess.call(command)  # noqa: S603 -- our own interpreter and script
    except KeyboardInterrupt:
        return
    if ended:
        typer.echo("trimtab: Streamlit did not run. pip install 'trimtab[dashboard]'", err=True)
        raise typer.Exit(UNUSABLE)
