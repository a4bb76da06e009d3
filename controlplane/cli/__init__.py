"""The command `trimtab`: one file per noun, over the REST client.

Other floors add commands by the entry point group `trimtab.commands`. Exit codes are in `exits`.
"""

from importlib.metadata import entry_points

import typer

from controlplane.cli import (
    alert,
    breaker,
    canary,
    gpu,
    probe,
    registry,
    rollout,
    scale,
    slo,
    target,
)
from controlplane.cli.demo import demo
from controlplane.cli.detect import detect
from controlplane.cli.doctor import doctor
from controlplane.cli.gate import gate
from controlplane.cli.init import init
from controlplane.cli.mixin import mixin
from controlplane.cli.up import up

__all__ = ["app", "main"]

app = typer.Typer(
    name="trimtab",
    help="The reliability control plane for model servers.\n\nStart with: trimtab demo",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=True,
)
app.command("demo")(demo)
app.command("up")(up)
app.command("init")(init)
app.command("detect")(detect)
app.command("doctor")(doctor)
app.command("gate")(gate)
app.command("mixin")(mixin)
for noun in (alert, breaker, canary, gpu, probe, registry, rollout, scale, slo, target):
    app.add_typer(noun.app)
for point in sorted(entry_points(group="trimtab.commands"), key=lambda found: found.name):
    app.add_typer(point.load(), name=point.name)


def main() -> None:
    """Run the command line."""
    app()
