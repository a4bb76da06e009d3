"""Shapes of what is stored of a rollout's analysis."""

from typing import Any, Literal

from controlplane.schemas.shape import Shape

__all__ = ["KeptVerdictOut", "RolloutAnalysisOut", "WarmupOut"]


class KeptVerdictOut(Shape):
    """One verdict with all that it can be reckoned from again.

    Attributes:
        generation: Of the rollout after the move that it decided; of the latest verdict, now.
        at: When the rollout moved; of the latest verdict, when it was reached. Unix seconds.
        phase: The rollout moved to, or stands in.
        step: It stood on from then on.
        weight: Of the canary from then on, in per cent.
        reason: Why it moved, or waits.
        decision: What the analysis said.
        judged_seconds: When it said so, since the analysis began.
        verdict: All of it, as in the rollout's ``evidence``.
        state: Policy, metrics and counts that it follows from; None when the answer would be too
            long. Ask for that generation alone then.
        digest: SHA-256 of judged_seconds, verdict and state.
    """

    generation: int
    at: float
    phase: str
    step: int
    weight: float
    reason: str
    decision: str
    judged_seconds: float
    verdict: dict[str, Any]
    state: dict[str, Any] | None
    digest: str


class WarmupOut(Shape):
    """From when on a canary's latency is evidence, and who says so.

    Attributes:
        seconds: Since the analysis began.
        source: In words.
        rollouts: Ids of the promoted rollouts that it was learned from, newest first.
    """

    seconds: float
    source: str
    rollouts: tuple[str, ...]


class RolloutAnalysisOut(Shape):
    """What the analysis of a rollout rests on; ``trimtab canary recompute`` reads it offline.

    Attributes:
        kind: What this document is.
        version: Of its form.
        rollout: Its id.
        service: Whose.
        canary: The version that is judged.
        baseline: The version it is compared with; empty before the analysis began.
        verdicts: The last before each move, oldest first; the latest of all comes last.
        noise: Replica noise that earlier rollouts of the service showed; 1 when none did.
        spread: How much replicas were taken to differ before any showed it: the standard deviation
            of their log odds.
        spread_source: Who said so; empty before the analysis began.
        warmup: From when on latency is evidence; None before the analysis began.
        policy: What is tolerated; None before the analysis began.
        metrics: What is compared.
        links: Where more is.
    """

    kind: Literal["trimtab rollout analysis"]
    version: Literal[1]
    rollout: str
    service: str
    canary: str
    baseline: str
    verdicts: tuple[KeptVerdictOut, ...]
    noise: float
    spread: float
    spread_source: str
    warmup: WarmupOut | None
    policy: dict[str, Any] | None
    metrics: tuple[dict[str, Any], ...]
    links: dict[str, str]
