"""trimtab up: the control plane."""

from pathlib import Path
from typing import Annotated

import typer

from controlplane.cli.session import ending_well
from controlplane.spec import load_config

__all__ = ["up"]


def up(
    config: Annotated[Path, typer.Option("-c", "--config", help="The file to go by.")] = Path(
        "trimtab.yaml"
    ),
) -> None:
    """Start the control plane: REST API, loops and /metrics.

    Example: trimtab up -c trimtab.yaml
    """
    from controlplane.app import serve  # noqa: PLC0415 -- slow to import, and only needed here

    with ending_well():
        serve(load_config(config), beside=config.resolve().parent)
