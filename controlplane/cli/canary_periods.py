"""The options by which recorded periods are told, and what they name."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from controlplane.cli.pasts import BearerOption, TenantOption
from controlplane.cli.times import moment_of, seconds_of, span_of
from controlplane.engines.login import engine_headers
from controlplane.engines.prometheus import PrometheusEngine
from controlplane.errors import InvalidConfig
from controlplane.recorded import Compared, Period, Taken, matchers_of, take
from probes.clock import SystemClock

__all__ = ["Written"]

ArmOption = Annotated[
    str | None, typer.Option(help="A file, or with --file or --from labels: 'version=\"2\"'.")
]
ArmTimeOption = Annotated[str | None, typer.Option(help="START/END of this arm alone.")]

USUAL_SINCE = "1h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a command line says of the periods."""

    canary: ArmOption = None
    baseline: ArmOption = None
    file: Annotated[
        Path | None, typer.Option(help="Holds both arms: a dump in OpenMetrics, or a .csv.")
    ] = None
    source: Annotated[
        str | None,
        typer.Option("--from", help="http://... of a Prometheus API that holds both arms."),
    ] = None
    bad: Annotated[
        str | None, typer.Option(help="Failed requests: a selector, or a column of a .csv.")
    ] = None
    total: Annotated[
        str | None, typer.Option(help="All requests: a selector, or a column of a .csv.")
    ] = None
    histogram: Annotated[
        list[str] | None,
        typer.Option(help="A histogram of latency, without _bucket; may come again."),
    ] = None
    samples: Annotated[
        list[str] | None, typer.Option(help="A column of latencies in seconds; may come again.")
    ] = None
    since: Annotated[
        str | None, typer.Option(help="How far back from its end, for example 2h.")
    ] = None
    until: Annotated[
        str | None, typer.Option(help="Its end: 2026-01-31T00:00:00Z or Unix seconds.")
    ] = None
    canary_time: ArmTimeOption = None
    baseline_time: ArmTimeOption = None
    every: Annotated[
        str | None, typer.Option(help="Length of a tick; the usual time between scrapes.")
    ] = None
    bearer: BearerOption = None
    tenant: TenantOption = None

    def engine(self) -> PrometheusEngine:
        """Return the engine that --from names.

        Raises:
            InvalidConfig: It names none.
        """
        if self.source is None or not Period(place=self.source).is_engine:
            msg = "The queries of a whole request are asked of an engine."
            raise InvalidConfig(msg, hint="say which: --from http://prometheus:9090")
        return PrometheusEngine(self.source, headers=engine_headers(self.bearer, self.tenant))

    def take(self) -> Taken:
        """Read both periods.

        Raises:
            InvalidConfig: They are not told apart, or cannot be had.
            EngineError: A file or an engine cannot be read.
        """
        headers = engine_headers(self.bearer, self.tenant)
        canary, baseline = (
            self._period("canary", self.canary, self.canary_time),
            self._period("baseline", self.baseline, self.baseline_time),
        )
        if canary == baseline:
            msg = "Both arms would be the same data."
            raise InvalidConfig(
                msg, hint="tell them apart with --baseline and --canary, or with times"
            )
        compared = Compared(
            bad=self.bad,
            total=self.total,
            histograms=tuple(self.histogram or ()),
            samples=tuple(self.samples or ()),
            tick_seconds=None if self.every is None else seconds_of(self.every, "--every"),
        )
        return take(canary, baseline, compared, lambda url: PrometheusEngine(url, headers=headers))

    def _period(self, arm: str, text: str | None, time: str | None) -> Period:
        if self.file is not None and self.source is not None:
            msg = "--file and --from cannot both hold the arms."
            raise InvalidConfig(msg)
        place, option = self.source if self.file is None else str(self.file), f"--{arm}-time"
        if place is None:
            if text is None:
                msg = f"Where is the {arm}? Give --{arm} FILE, or --file or --from."
                raise InvalidConfig(msg)
            return self._timed(Period(place=text), time, option)
        if text is None and place.lower().endswith(".csv") and self.canary == self.baseline:
            text = f'arm="{arm}"'
        period = Period(place=place, matchers=matchers_of(text) if text else ())
        return self._timed(period, time, option)

    def _timed(self, period: Period, time: str | None, option: str) -> Period:
        """Return a period with its times; of a file everything, where nothing is said."""
        if time is not None:
            since, until = span_of(time, option)
            return replace(period, since=since, until=until)
        end = None if self.until is None else moment_of(self.until)
        if not period.is_engine:
            back = None if self.since is None else seconds_of(self.since, "--since")
            return replace(period, until=end, back_seconds=back)
        until = SystemClock().now().timestamp() if end is None else end
        since = until - seconds_of(self.since or USUAL_SINCE, "--since")
        return replace(period, since=since, until=until)
