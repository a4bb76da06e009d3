"""The one object a rollout needs: counts in, verdict out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from canary_analysis.appraisal import appraise, is_proven, stand, weigh
from canary_analysis.decision import Decision, decide
from canary_analysis.layout import Layout
from canary_analysis.metric import Interval, Metric
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

    @classmethod
    def start(cls, metrics: Sequence[Metric], policy: Policy) -> "Analysis":
        """Begin with nothing seen.

        Raises:
            InvalidMetric: There are none, two share a name, or none has a weight.
        """
        return cls(state=State.empty(Layout.of(metrics, policy), policy))

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What is compared."""
        return self.state.layout.metrics

    @property
    def policy(self) -> Policy:
        """What is tolerated."""
        return self.state.policy

    def observe(self, intervals: Mapping[str, Interval]) -> "Analysis":
        """Add one tick: by metric name what was counted; leave out what was not scraped.

        Raises:
            InvalidInterval: A name is unknown or an interval has another number of edges.
        """
        return Analysis(state=observe(self.state, intervals))

    def judge(self, elapsed_seconds: float) -> Verdict:
        """Decide now, in seconds since the analysis began. Ask as often as you like."""
        return judge(appraise(self.state), self.policy, elapsed_seconds=elapsed_seconds)

    def decide(self, elapsed_seconds: float) -> Decision:
        """The decision of `judge` without its findings and sentences, several times faster."""
        weighing = weigh(self.state, leave_out=False)
        return decide(
            stand(self.state, weighing),
            self.policy,
            elapsed_seconds=elapsed_seconds,
            proven=lambda: is_proven(self.state, weighing.phi),
        )

    def snapshot(self) -> dict[str, object]:
        """Everything later verdicts depend on, JSON-safe."""
        return to_snapshot(self.state)

    @classmethod
    def restore(cls, saved: Mapping[str, object]) -> "Analysis":
        """Go on from a snapshot.

        Raises:
            InvalidSnapshot: It has another version, or something is missing or damaged.
        """
        return cls(state=from_snapshot(saved))
