"""trimtab doctor: what is configured, reachable and missing; each line with its fix."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from controlplane.cli.exits import Exit
from controlplane.cli.session import Format, FormatOption, ending_well, show, show_table
from controlplane.diagnosis import Level, diagnose
from controlplane.spec import load_config

__all__ = ["doctor"]


def doctor(
    config: Annotated[Path, typer.Option("-c", "--config", help="The file to go by.")] = Path(
        "trimtab.yaml"
    ),
    output: FormatOption = Format.TABLE,
) -> None:
    """Check trimtab.yaml, everything it names, and every target; say what to do about each fault.

    Exit 0 without a failure, 2 with one.

    Example: trimtab doctor -c trimtab.yaml
    """
    with ending_well():
        findings = asyncio.run(diagnose(load_config(config), beside=config.resolve().parent))
    if output is Format.TABLE:
        rows = [(one.level.value, one.subject, one.fact, one.fix) for one in findings]
        show_table("doctor", ("", "about", "fact", "fix"), rows)
    else:
        show([asdict(one) for one in findings], output)
    if any(one.level is Level.FAIL for one in findings):
        raise typer.Exit(Exit.USAGE)
