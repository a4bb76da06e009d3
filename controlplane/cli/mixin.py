"""trimtab mixin: alerts and a dashboard for the control plane itself."""

import re
from pathlib import Path
from typing import Annotated

import orjson
import typer

from controlplane.cli.session import ending_well
from controlplane.errors import InvalidConfig
from controlplane.mixin import alert_groups, plane_dashboard
from slo import write_openslo

__all__ = ["mixin"]

RULES, DASHBOARD = "trimtab-rules.yml", "trimtab-dashboard.json"
JOB = re.compile(r"[\w./-]{1,200}")


def mixin(
    out: Annotated[Path | None, typer.Option(help=f"Folder for {RULES} and {DASHBOARD}.")] = None,
    job: Annotated[str, typer.Option(help="By which Prometheus scrapes the plane.")] = "trimtab",
) -> None:
    """Print Prometheus alerting rules for the plane itself; with --out, a Grafana dashboard, too.

    Example: trimtab mixin --out mixin && promtool check rules mixin/trimtab-rules.yml
    """
    with ending_well():
        if not JOB.fullmatch(job):
            msg = f"--job {job!r:.100} is no name of a job."
            raise InvalidConfig(msg, hint="letters, digits and ._/- as in prometheus.yml")
        rules = write_openslo([{"groups": alert_groups(job)}])
        if out is None:
            typer.echo(rules, nl=False)
            return
        dashboard = orjson.dumps(plane_dashboard(job), option=orjson.OPT_INDENT_2).decode()
        for path in _written(out, {RULES: rules, DASHBOARD: dashboard + "\n"}):
            typer.echo(path)


def _written(folder: Path, texts: dict[str, str]) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text)
    except OSError as error:
        msg = f"{folder} cannot be written: {error.strerror}."
        raise InvalidConfig(msg) from error
    return [folder / name for name in texts]
