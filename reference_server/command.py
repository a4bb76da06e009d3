"""trimtab model-server: the reference server as a command."""

from pathlib import Path
from typing import Annotated

import typer

from reference_server.errors import CannotStart
from reference_server.lane import LaneLimits
from reference_server.settings import (
    DEFAULT_MODELS,
    Settings,
    default_cache,
    default_workers,
    is_loopback,
)

__all__ = ["app"]

app = typer.Typer(
    name="model-server",
    invoke_without_command=True,
    subcommand_metavar="",
    add_completion=False,
    rich_markup_mode=None,
)
USAGE = 2
Milliseconds = Annotated[
    float, typer.Option(min=0.0, max=1000.0, help="How long a batch waits for company.")
]


@app.callback()
def model_server(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")] = 8002,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="magika, iris, or NAME=PATH[:VERSION] for an ONNX file of yours; "
            "may be repeated.  [default: magika and iris]"
        ),
    ] = None,
    version_set: Annotated[
        str, typer.Option(help="Builds of magika: 1 as shipped, 2 optimised, 3 quantised.")
    ] = "1,2,3",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads per version.  [default: cores less one]")
    ] = None,
    queue_limit: Annotated[
        int, typer.Option(min=1, help="Requests that may wait for a version; more get 503.")
    ] = 128,
    max_batch: Annotated[int, typer.Option(min=1, help="Rows computed in one call.")] = 1,
    max_wait_ms: Milliseconds = 2.0,
    cache_dir: Annotated[
        Path | None, typer.Option(help="Where builds are kept.  [default: ~/.cache/trimtab]")
    ] = None,
    traces: Annotated[
        Path | None, typer.Option(help="Append a span per request to this file, as JSON lines.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the chance by which faults hit.")] = 0,
    faults: Annotated[
        bool | None,
        typer.Option(
            "--faults/--no-faults",
            help="Let clients inject faults.  [default: only on a loopback address]",
        ),
    ] = None,
) -> None:
    """Serve ONNX models over the Open Inference Protocol v2.

    Example: trimtab model-server --port 8002 --model magika --model fraud=fraud.onnx:2
    """
    settings = Settings(
        host=host,
        port=port,
        models=tuple(model or DEFAULT_MODELS),
        magika_versions=tuple(part.strip() for part in version_set.split(",") if part.strip()),
        limits=LaneLimits(
            workers=workers or default_workers(),
            queue_limit=queue_limit,
            max_batch=max_batch,
            max_wait_seconds=max_wait_ms / 1000.0,
        ),
        cache_dir=cache_dir or default_cache(),
        faults=is_loopback(host) if faults is None else faults,
        traces=traces,
        seed=seed,
    )
    _run(settings)


def _run(settings: Settings) -> None:
    # Loaded here, so that the other commands of trimtab start without a web server.
    from reference_server.serving import serve  # noqa: PLC0415

    try:
        serve(settings, say=typer.echo)
    except CannotStart as error:
        typer.echo(f"trimtab: {error}", err=True)
        raise typer.Exit(USAGE) from error
