"""The one object a rollout needs: counts in, verdict out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from canary_analysis.appraisal import Appraisal, appraise, is_proven, stand, weigh
from canary_analysis.decision import Decision, decide
from canary_analysis.errors import InvalidInterval
from canary_analysis.finding import doubts_of
from canary_analysis.gauge_finding import GaugeFinding, appraise_gauges, risen
from canary_analysis.gauges import Gauge, Readings
from canary_analysis.layout import Layout
from canary_analysis.metric import Interval, Kind, Metric
from canary_analysis.policy import Policy
from canary_analysis.snapshot import from_snapshot, to_snapshot
from canary_analysis.state import State, observe
from canary_analysis.verdict import Verdict, judge

__all__ = ["Analysis"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """A canary analysis at one moment. It is a value: `observe` returns the next one.

    >>> import numpy as np
    >>> from canary_analysis import Analysis, Interval, Kind, Metric, Policy
    >>> errors = Metric(name="errors", kind=Kind.ERRORS)
    >>> analysis = Analysis.start([errors], Policy())
    >>> bad = Interval(
    ...     canary_replicas=("a", "b", "c"),
    ...     canary_total=np.array([400, 400, 400]),
    ...     canary_above=np.array([[8], [9], [7]]),
    ...     baseline_replicas=("d", "e"),
    ...     baseline_total=np.array([1800, 1800]),
    ...     baseline_above=np.array([[2], [1]]),
    ...     elapsed_seconds=10.0,
    ... )
    >>> analysis.observe({"errors": bad}).judge(10.0).decision
    <Decision.ROLLBACK: 'rollback'>
    """

    state: State
    gauges: tuple[tuple[Metric, Gauge], ...] = ()

    @classmethod
    def start(cls, metrics: Sequence[Metric], policy: Policy) -> "Analysis":
        """Begin with nothing seen.

        Raises:
            InvalidMetric: There are none but gauges, two share a name, or none has a weight.
        """
        counted = [metric for metric in metrics if metric.kind is not Kind.GAUGE]
        gauges = [metric for metric in metrics if metric.kind is Kind.GAUGE]
        return cls(
            state=State.empty(Layout.of(counted, policy, besides=gauges), policy),
            gauges=tuple((metric, Gauge()) for metric in gauges),
        )

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What is compared, gauges last."""
        return self.state.layout.metrics + tuple(metric for metric, _ in self.gauges)

    @property
    def policy(self) -> Policy:
        """What is tolerated."""
        return self.state.policy

    def observe(self, tick: Mapping[str, Interval | Readings]) -> "Analysis":
        """Add one tick: by metric name what was counted or read; leave out what was not scraped.

        Raises:
            InvalidInterval: A name is unknown, an interval has another number of edges, or readings
                were given for what is counted.
        """
        read = {name: found for name, found in tick.items() if isinstance(found, Readings)}
        counted = {name: found for name, found in tick.items() if isinstance(found, Interval)}
        unknown = read.keys() - {metric.name for metric, _ in self.gauges}
        if unknown:
            msg = f"{min(unknown)!r} is no gauge of this analysis, but was given readings."
            raise InvalidInterval(msg)
        gauges = tuple(
            (metric, gauge.observe(read[metric.name]) if metric.name in read else gauge)
            for metric, gauge in self.gauges
        )
        return Analysis(state=observe(self.state, counted), gauges=gauges)

    def judge(self, elapsed_seconds: float) -> Verdict:
        """Decide now, in seconds since the analysis began. Ask as often as you like."""
        found, gauges = appraise(self.state), self._gauge_findings(elapsed_seconds)
        standing = replace(found.standing, risen_gauges=risen(gauges))
        whole = Appraisal(standing=standing, findings=found.findings, gauges=gauges)
        return judge(whole, self.policy, elapsed_seconds=elapsed_seconds)

    def decide(self, elapsed_seconds: float) -> Decision:
        """The decision of `judge` without its findings and sentences, several times faster."""
        weighing = weigh(self.state, leave_out=False)
        convicting = any(metric.rolls_back for metric, _ in self.gauges)
        found = self._gauge_findings(elapsed_seconds) if convicting else ()
        return decide(
            replace(stand(self.state, weighing), risen_gauges=risen(found)),
            self.policy,
            elapsed_seconds=elapsed_seconds,
            proven=lambda: is_proven(self.state, weighing),
            doubtful=lambda: bool(doubts_of(appraise(self.state).findings)),
        )

    def snapshot(self) -> dict[str, object]:
        """Everything later verdicts depend on, JSON-safe."""
        return to_snapshot(self.state, self.gauges)

    @classmethod
    def restore(cls, saved: Mapping[str, object]) -> "Analysis":
        """Go on from a snapshot.

        Raises:
            InvalidSnapshot: It has another version, or something is missing or damaged.
        """
        state, gauges = from_snapshot(saved)
        return cls(state=state, gauges=gauges)

    def _gauge_findings(self, elapsed_seconds: float) -> tuple[GaugeFinding, ...]:
        return appraise_gauges(
            self.gauges, self.state.arms, self.policy, elapsed_seconds=elapsed_seconds
        )
