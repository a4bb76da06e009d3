"""trimtab gpu: the GPUs of this machine, without a control plane."""

from dataclasses import asdict
from typing import Annotated

import orjson
import typer
from aiohttp import web

from controlplane.cli.session import Format, FormatOption, ending_well, show, show_table
from controlplane.errors import InvalidConfig
from probes.clock import SystemClock
from probes.gpu import read_gpus
from probes.gpu_exporter import make_exporter

__all__ = ["app"]

app = typer.Typer(name="gpu", help="The GPUs of this machine.", no_args_is_help=True)
COLUMNS = ("gpu", "name", "busy", "memory used", "memory", "watts", "celsius", "clocks held by")


@app.command("show")
def show_gpus(output: FormatOption = Format.TABLE) -> None:
    """Show what NVML says about the GPUs of this machine.

    Example: trimtab gpu show -o json
    """
    reading = read_gpus()
    if output is not Format.TABLE:
        return show(orjson.loads(orjson.dumps(asdict(reading))), output)
    typer.echo(reading.reason, err=True)
    rows = [
        (
            gpu.index,
            gpu.name,
            gpu.utilization_ratio,
            gpu.memory_used_bytes,
            gpu.memory_total_bytes,
            gpu.power_watts,
            gpu.temperature_celsius,
            None if gpu.clock_events is None else ", ".join(gpu.clock_events),
        )
        for gpu in reading.devices
    ]
    return show_table("GPUs", COLUMNS, rows)


@app.command("serve")
def serve_gpus(
    listen: Annotated[
        str, typer.Option("--listen", help="Address and port of the page.")
    ] = "127.0.0.1:9471",
) -> None:
    """Serve the GPUs of this machine at /metrics, for a control plane to watch.

    Example: trimtab gpu serve --listen 127.0.0.1:9471
    """
    with ending_well():
        host, _, port = listen.rpartition(":")
        try:
            address = host.strip("[]"), int(port)
            web.run_app(make_exporter(SystemClock()), host=address[0], port=address[1])
        except (OSError, OverflowError, ValueError) as error:
            msg = f"--listen {listen} cannot be had: {error}."
            raise InvalidConfig(msg, hint="write for example 127.0.0.1:9471") from error
