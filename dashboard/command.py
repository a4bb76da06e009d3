"""trimtab dashboard: starts Streamlit with settings fit for operators."""

import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app", "streamlit_arguments"]

app = typer.Typer(name="dashboard", invoke_without_command=True)
UNUSABLE = 2
ENV = "/usr/bin/env"

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
    if importlib.util.find_spec("streamlit") is None:
        typer.echo(
            "trimtab: Streamlit is not installed. pip install 'trimtab[dashboard]'", err=True
        )
        raise typer.Exit(UNUSABLE)
    chosen = [f"TRIMTAB_URL={plane}"] if plane else []
    arguments = [ENV, *chosen, sys.executable, "-m", *streamlit_arguments(host, port)]
    # This process becomes Streamlit's, so that whoever stops the command stops the dashboard.
    os.execv(ENV, arguments)  # noqa: S606 -- our own interpreter and script
