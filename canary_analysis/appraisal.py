"""From counts to findings: all the numbers a verdict rests on, and no decision yet."""

from dataclasses import dataclass, replace

import numpy as np

from canary_analysis.arrays import BoolArray, FloatArray, IntArray
from canary_analysis.combine import closed_testing, weighted_mean
from canary_analysis.decision import Standing
from canary_analysis.equivalence import Proof, prove
from canary_analysis.error_counts import excess_rate
from canary_analysis.evidence import Table
from canary_analysis.finding import Finding
from canary_analysis.gauge_finding import GaugeFinding
from canary_analysis.odds_interval import OddsInterval, odds_interval
from canary_analysis.power import (
    nats_below,
    nats_of_equality,
    requests_to_prove,
    smallest_rise,
)
from canary_analysis.replicas import (
    FEWEST_TO_LEAVE_ONE_OUT,
    BothSquares,
    discount,
    noise,
    noise_shown,
    replicas_with_traffic,
    squares_of,
)
from canary_analysis.state import State
from canary_analysis.text import finding_text

__all__ = [
    "Appraisal",
    "Weighing",
    "appraise",
    "is_proven",
    "proof_divisor",
    "prove_all",
    "stand",
    "weigh",
]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weighing:
    """Evidence against the canary.

    Attributes:
        by_edge: The e-value at each edge, everyone included.
        by_metric: Their means, shape (metrics,).
        left_out: By metric without each canary replica, shape (replicas, metrics); None when there
            are too few replicas, or when not asked for.
        phi: Replica noise by edge.
        phi_estimated: Where it was measured.
        divisor: What log evidence was divided by for it, by edge.
        squares: What both were made of.
    """

    by_edge: FloatArray
    by_metric: FloatArray
    left_out: FloatArray | None
    phi: FloatArray
    phi_estimated: BoolArray
    divisor: FloatArray
    squares: BothSquares


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraisal:
    """All that a verdict needs to know: the case, and one finding per metric and gauge."""

    standing: Standing
    findings: tuple[Finding, ...]
    gauges: tuple[GaugeFinding, ...] = ()


def weigh(state: State, *, leave_out: bool) -> Weighing:
    """Weigh the evidence of every metric.

    Args:
        state: What was counted.
        leave_out: Also weigh it without each canary replica. It is only needed to convict.
    """
    layout, policy = state.layout, state.policy
    squares = squares_of(layout, state.arms)
    phi, estimated = noise(layout, state.arms, policy, squares=squares)
    divisor = discount(phi, state.arms.canary, layout.owner, power=policy.noise_power)
    by_edge = _against(state, divisor, slice(0, 1))[0]
    left_out = None
    if leave_out and state.arms.canary.names:
        left_out = layout.mean_by_metric(_against(state, divisor, slice(1, None)))
        enough = replicas_with_traffic(state.arms.canary).max() >= FEWEST_TO_LEAVE_ONE_OUT
        left_out = left_out if enough else None
    return Weighing(
        by_edge=by_edge,
        by_metric=layout.mean_by_metric(by_edge),
        left_out=left_out,
        phi=phi,
        phi_estimated=estimated,
        divisor=divisor,
        squares=squares,
    )


def _against(state: State, divisor: FloatArray, slots: slice) -> FloatArray:
    """E-values by slot and edge; a rise of errors below the floor never counts as evidence."""
    layout, policy = state.layout, state.policy
    value = state.against.evidence(divisor, starts=policy.late_starts, slots=slots)
    errors = layout.errors
    requests = state.arms.canary.total.sum(axis=0)[layout.owner[errors]]
    rise = excess_rate(state.even.sums[:, :, 0, errors].sum(axis=1), requests)
    most = np.where(rise < policy.error_floor, 1.0, np.inf)
    value[:, errors] = np.minimum(value[:, errors], most)
    return value


def proof_divisor(state: State, squares: BothSquares | None = None) -> FloatArray:
    """What log evidence of the good is divided by, by edge; ``squares`` are those of a `Weighing`."""
    layout, policy = state.layout, state.policy
    phi = noise_shown(layout, state.arms, policy, squares=squares)
    return discount(phi, state.arms.canary, layout.owner, power=policy.noise_power)


def prove_all(state: State, divisor: FloatArray) -> Proof:
    """Evidence that each metric is good enough; the divisor is that of `proof_divisor`."""
    relative = state.proof.evidence_from_start(divisor)
    return prove(state.layout, relative, state.table, divisor, state.policy.tolerable_error_rate)


def stand(state: State, weighing: Weighing) -> Standing:
    """Sum up the case; only a case that convicts is weighed again without each replica."""
    weight = state.layout.weight
    e_value = float(weighted_mean(weighing.by_metric, weight))
    least, replica = None, None
    if e_value >= state.policy.rollback_limit:
        left_out = weigh(state, leave_out=True).left_out
        if left_out is not None:
            each = weighted_mean(left_out, weight)
            least, replica = float(each.min()), state.arms.canary.names[int(each.argmin())]
    requests = state.arms.canary.total.sum(axis=0)
    seen = (requests > 0) & (state.arms.baseline.total.sum(axis=0) > 0)
    blind = [metric for metric, ok in zip(state.layout.metrics, seen, strict=True) if not ok]
    return Standing(
        e_value=e_value,
        left_out_e_value=least,
        left_out_replica=replica,
        canary_replicas=int(replicas_with_traffic(state.arms.canary).max(initial=0)),
        canary_requests=int(requests.max(initial=0)),
        silent=tuple(metric.name for metric in blind if metric.critical),
        last_seconds=state.last_seconds,
    )


def is_proven(state: State, weighing: Weighing) -> bool:
    """Whether every critical metric is proven good enough."""
    critical = np.array([metric.critical for metric in state.layout.metrics])
    proof = prove_all(state, proof_divisor(state, weighing.squares))
    return bool((proof.value[critical] >= 1.0 / state.policy.beta).all())


def appraise(state: State) -> Appraisal:
    """Work out every number, and its sentence."""
    weighing = weigh(state, leave_out=False)
    return Appraisal(standing=stand(state, weighing), findings=_findings(state, weighing))


def _findings(state: State, weighing: Weighing) -> tuple[Finding, ...]:
    layout, policy = state.layout, state.policy
    adjusted = closed_testing(weighing.by_metric, layout.weight)
    divisor = proof_divisor(state, weighing.squares)
    proof = prove_all(state, divisor)
    loudest = _loudest_edges(state, weighing.by_edge)
    table = state.table.map(lambda counts: counts[loudest])
    effect = _effects(state, loudest, weighing.phi, table)
    blind = _blind_spots(state, loudest, weighing.divisor, table)
    needed = _requests_needed(state, divisor, proof)
    found = []
    for index, metric in enumerate(layout.metrics):
        columns, edge = layout.columns(index), int(loudest[index])
        value = float(proof.value[index])
        proven = value >= 1.0 / policy.beta
        finding = Finding(
            metric=metric.name,
            kind=metric.kind,
            critical=metric.critical,
            e_value=float(weighing.by_metric[index]),
            culprit=bool(adjusted[index] >= policy.rollback_limit),
            edge_seconds=metric.edges[edge - columns.start] if metric.edges else None,
            margin=float(layout.margin[edge]),
            canary_requests=int(table.canary_total[index]),
            canary_events=int(table.canary_above[index]),
            baseline_requests=int(table.baseline_total[index]),
            baseline_events=int(table.baseline_above[index]),
            odds_ratio=_known(effect.estimate[index]),
            odds_low=float(effect.low[index]),
            odds_high=_known(effect.high[index]),
            phi=float(weighing.phi[edge]),
            phi_estimated=bool(weighing.phi_estimated[edge]),
            proof=value,
            proven=proven,
            usable_edges=int(proof.usable[columns].sum()),
            requests_needed=0 if proven else _whole(needed[index]),
            detectable_share=_known(blind[index]),
        )
        text = finding_text(finding, confidence=CONFIDENCE, limit=policy.rollback_limit)
        found.append(replace(finding, text=text))
    return tuple(found)


def _loudest_edges(state: State, by_edge: FloatArray) -> IntArray:
    layout = state.layout
    return np.array(
        [
            columns.start + int(np.argmax(by_edge[columns]))
            for columns in map(layout.columns, range(len(layout.metrics)))
        ]
    )


def _effects(state: State, edges: IntArray, phi: FloatArray, table: Table) -> OddsInterval:
    """Odds ratios at some edges; a turned table has the same ratio, seen from the other arm."""
    reference = table.turned_where(state.turned[edges])
    share = reference.baseline_above / np.maximum(reference.baseline_total, 1)
    even = state.even.sums[:, :, 0][:, :, edges]
    return odds_interval(even, share, phi[edges], alpha=1.0 - CONFIDENCE)


def _blind_spots(state: State, edges: IntArray, phi: FloatArray, table: Table) -> FloatArray:
    layout = state.layout
    widths = np.bincount(layout.owner).astype(np.float64)
    stake = layout.weight / layout.weight.sum() / widths
    return smallest_rise(
        table.canary_total.astype(np.float64),
        table.baseline_total.astype(np.float64),
        table.baseline_above / np.maximum(table.baseline_total, 1),
        margin=layout.margin[edges],
        phi=phi[edges],
        limit=state.policy.rollback_limit / np.maximum(stake, 1e-12),
    )


def _requests_needed(state: State, phi: FloatArray, proof: Proof) -> FloatArray:
    """By metric; the slowest of its usable edges decides. NaN where it cannot be said."""
    layout, policy, table = state.layout, state.policy, state.table
    canary, baseline = table.canary_total.astype(float), table.baseline_total.astype(float)
    relative = nats_of_equality(
        canary, baseline, table.above / np.maximum(table.total, 1), margin=layout.equivalence
    )
    own = table.canary_above / np.maximum(table.canary_total, 1)
    absolute = np.where(layout.errors, nats_below(own, policy.tolerable_error_rate), 0.0)
    more = requests_to_prove(
        np.maximum(relative, absolute), phi=phi, value=proof.by_edge, limit=1.0 / policy.beta
    )
    more = np.where(canary > 0, more, np.inf)
    slowest = np.maximum.reduceat(np.where(proof.usable, more, -np.inf), layout.first)
    return np.where(np.isfinite(slowest), slowest, np.nan)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _whole(value: float) -> int | None:
    return None if np.isnan(value) else int(np.ceil(value))
