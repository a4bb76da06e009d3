"""The options by which our policy is told."""

from dataclasses import dataclass
from typing import Annotated

import typer

from canary_analysis import CanaryAnalysisError, Policy
from canary_analysis.compare_recording import Recording
from controlplane.cli.times import seconds_of
from controlplane.errors import InvalidConfig

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a command line says of the policy."""

    alpha: Annotated[float, typer.Option(help="Accepted chance of a false rollback.")] = 0.01
    beta: Annotated[float, typer.Option(help="Accepted chance of a false promotion.")] = 0.05
    error_margin: Annotated[float, typer.Option(help="Odds of errors still no worse.")] = 1.5
    latency_margin: Annotated[float, typer.Option(help="Odds at an edge still no worse.")] = 1.2
    soak: Annotated[str, typer.Option(help="Least length before promotion; 0 for none.")] = "5m"
    min_requests: Annotated[int, typer.Option(help="Least of the canary to promote.")] = 100
    promote_on_budget: Annotated[
        bool, typer.Option("--promote-on-budget", help="Promote what is not proven good either.")
    ] = False

    def policy(self, recording: Recording) -> Policy:
        """Return the policy; the horizon is the end of the recording, for no more data will come.

        Raises:
            InvalidConfig: A limit cannot work.
        """
        try:
            return Policy(
                alpha=self.alpha,
                beta=self.beta,
                error_margin=self.error_margin,
                latency_margin=self.latency_margin,
                soak_seconds=0.0 if self.soak == "0" else seconds_of(self.soak, "--soak"),
                min_canary_requests=self.min_requests,
                horizon_seconds=max(recording.seconds, 1.0),
                promote_on_budget=self.promote_on_budget,
            )
        except CanaryAnalysisError as error:
            raise InvalidConfig(str(error)) from error
