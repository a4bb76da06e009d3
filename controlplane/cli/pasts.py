"""The past that a command line names: an engine, a dump, or our own store."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from controlplane.cli.times import moment_of
from controlplane.engines import Past
from controlplane.engines.openmetrics_file import OpenMetricsFile
from controlplane.engines.own_store import OwnStore
from controlplane.engines.prometheus import EnginePast, PrometheusEngine
from controlplane.opening import database_address
from controlplane.spec import load_config
from controlplane.store.database import open_database
from probes.clock import SystemClock

__all__ = [
    "BearerOption",
    "PastConfigOption",
    "PastOption",
    "SinceOption",
    "TenantOption",
    "end_of",
    "open_past",
    "progress_of",
]

PastOption = Annotated[
    str,
    typer.Option("--from", help="http://... of a Prometheus API, a dump in OpenMetrics, or store."),
]
SinceOption = Annotated[str, typer.Option(help="How far back, for example 30d.")]
BearerOption = Annotated[
    str | None, typer.Option(help="Token for the engine: env:NAME or file:/path.")
]
TenantOption = Annotated[str | None, typer.Option(help="X-Scope-OrgID for Mimir.")]
PastConfigOption = Annotated[
    Path, typer.Option("-c", "--config", help="Names the store for --from store.")
]


@contextmanager
def open_past(source: str, config: Path, headers: dict[str, str]) -> Iterator[Past]:
    """Open what ``--from`` names: http://..., ``store``, or the path of a dump.

    Raises:
        EngineError: A dump cannot be read.
        InvalidConfig: trimtab.yaml, which names the store, cannot be used.
    """
    past: Past
    if source.startswith(("http://", "https://")):
        past = EnginePast(PrometheusEngine(source, headers=headers))
    elif source == "store":
        spec = load_config(config)
        past = OwnStore(open_database(database_address(spec.storage.database, config.parent)))
    else:
        past = OpenMetricsFile(Path(source))
    try:
        yield past
    finally:
        past.close()


def end_of(past: Past, until: str | None) -> float:
    """Return the end of what is read, Unix seconds: of a dump its newest sample, else now.

    Raises:
        InvalidConfig: It was written, and is no time.
    """
    if until is not None:
        return moment_of(until)
    return past.ends if isinstance(past, OpenMetricsFile) else SystemClock().now().timestamp()


def progress_of(name: str) -> Callable[[float], None]:
    """Tell a person at a terminal how far it is; scripts are not bothered."""

    def tell(share: float) -> None:
        if sys.stderr.isatty():
            typer.echo(f"\r{name}: {share:.0%} read", nl=share >= 1.0, err=True)

    return tell
