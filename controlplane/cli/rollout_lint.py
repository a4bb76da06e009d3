"""trimtab rollout lint: are rollouts able to work, as they are configured?"""

import asyncio
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from controlplane.cli.exits import Exit
from controlplane.cli.session import Format, FormatOption, connected, ending_well, show
from controlplane.errors import NotFound
from controlplane.loops.measure import measure_group
from controlplane.opening import open_plane
from controlplane.rollout_lint import lint_service
from controlplane.schemas import LintOut
from controlplane.spec import Config, load_config

__all__ = ["lint"]

BETWEEN_SECONDS = 2.0


def lint(
    what: Annotated[
        str, typer.Argument(help="A trimtab.yaml, or a service of a running control plane.")
    ],
    service: Annotated[str, typer.Option(help="Of the file, only this service.")] = "",
    *,
    output: FormatOption = Format.TABLE,
) -> None:
    """Find what keeps rollouts from working, each with its fix, before one is started.

    A file is looked at from here: its router and its pages are asked. Exit 1 when something cannot work, 0
    when there are only notes, or nothing.

    Example: trimtab rollout lint trimtab.yaml
    """
    if Path(what).is_file():
        with ending_well():
            found = _lint_file(Path(what), service)
    else:
        with connected() as client:
            found = client.lint_rollouts(what)
    if output is not Format.TABLE:
        show(found, output)
    for each in found if output is Format.TABLE else ():
        typer.echo(f"{each.service}: {'note, ' if each.note else ''}{each.code}: {each.fact}")
        typer.echo(f"  fix: {each.fix}")
    if not found and output is Format.TABLE:
        typer.echo("nothing was found")
    if any(not each.note for each in found):
        raise typer.Exit(Exit.REFUSED)


def _lint_file(path: Path, service: str) -> list[LintOut]:
    """Look at the services of a file, without a control plane of theirs and without its database."""
    config = load_config(path)
    names = [name for name, spec in config.services.items() if spec.route is not None]
    if service and service not in config.services:
        msg = f"{path} has no service {service!r}."
        raise NotFound(msg, hint=f"it has: {', '.join(config.services) or 'none'}")
    if not names:
        msg = f"No service of {path} has a route, so there are no rollouts."
        raise NotFound(msg, hint="add services.NAME.route")
    with TemporaryDirectory() as folder:
        storage = replace(config.storage, database=f"sqlite:///{folder}/lint.db")
        alone, beside = replace(config, storage=storage), path.resolve().parent
        return asyncio.run(_looked(alone, beside, [service] if service else names))


async def _looked(config: Config, beside: Path, names: list[str]) -> list[LintOut]:
    async with open_plane(config, beside=beside) as plane:

        async def look() -> None:
            await asyncio.sleep(BETWEEN_SECONDS)
            await measure_group(plane, plane.book.targets)

        await measure_group(plane, plane.book.targets)
        return [
            LintOut(service=name, **asdict(each))
            for name in names
            for each in await lint_service(plane, name, look=look)
        ]
