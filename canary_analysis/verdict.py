"""The decision with everything it rests on, and the reasons for it."""

from dataclasses import dataclass
from enum import StrEnum

from canary_analysis.appraisal import Appraisal
from canary_analysis.decision import Decision, Standing, decide
from canary_analysis.finding import Finding, doubts_of
from canary_analysis.gauge_finding import GaugeFinding
from canary_analysis.policy import Policy
from canary_analysis.replicas import FEWEST_TO_LEAVE_ONE_OUT
from canary_analysis.text import evidence_text

__all__ = ["Code", "Reason", "Verdict", "judge"]


class Code(StrEnum):
    """Why, for machines."""

    WORSE = "worse"
    SICK_REPLICA = "sick_replica"
    NO_DATA = "no_data"
    STALE_DATA = "stale_data"
    SOAKING = "soaking"
    FEW_REQUESTS = "few_requests"
    PROVEN = "proven"
    NOT_PROVEN = "not_proven"
    NO_INFORMATIVE_EDGE = "no_informative_edge"
    BUDGET_SPENT = "budget_spent"
    FEW_REPLICAS = "few_replicas"
    GAUGE = "gauge"
    GAUGE_WARNING = "gauge_warning"
    GAUGE_UNKNOWN = "gauge_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason: a code for machines, a sentence for people."""

    code: Code
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A decision with everything it rests on.

    Attributes:
        decision: What to do.
        reasons: Why, the weightiest first.
        e_value: Evidence of all metrics against the canary, as odds to 1.
        limit: Evidence that convicts.
        left_out_e_value: The least of it with one canary replica left out; None when not needed
            or with too few replicas.
        sick_replica: The replica without which there is no case; None when there is none.
        culprits: Metrics that closed testing convicts on their own, by name.
        findings: One per metric.
        canary_requests: The most counted by any metric.
        phi: The largest replica noise told in the findings.
        requests_needed: More canary requests until all critical metrics are proven, if the canary
            is as good as the baseline; None when it cannot be said.
        text: All of it for a person.
        gauges: One finding per gauge; a warning is told and decides nothing, unless the gauge rolls back.
    """

    decision: Decision
    reasons: tuple[Reason, ...]
    e_value: float
    limit: float
    left_out_e_value: float | None
    sick_replica: str | None
    culprits: tuple[str, ...]
    findings: tuple[Finding, ...]
    canary_requests: int
    phi: float
    requests_needed: int | None
    text: str
    gauges: tuple[GaugeFinding, ...] = ()


def judge(appraisal: Appraisal, policy: Policy, *, elapsed_seconds: float) -> Verdict:
    """Decide.

    Args:
        appraisal: The numbers.
        policy: The limits.
        elapsed_seconds: Now, since the analysis began.
    """
    standing, unproven = appraisal.standing, _open_findings(appraisal)
    decision = decide(
        standing,
        policy,
        elapsed_seconds=elapsed_seconds,
        proven=lambda: not unproven,
        doubtful=lambda: bool(doubts_of(appraisal.findings)),
    )
    reasons = _reasons(decision, appraisal, policy, elapsed_seconds)
    reasons += _about_gauges(decision, appraisal)
    sick = standing.left_out_replica if standing.rests_on_one_replica(policy) else None
    sentences = [reason.text for reason in reasons]
    sentences += [finding.text for finding in appraisal.findings]
    sentences += [finding.text for finding in appraisal.gauges]
    return Verdict(
        decision=decision,
        reasons=reasons,
        e_value=standing.e_value,
        limit=policy.rollback_limit,
        left_out_e_value=standing.left_out_e_value,
        sick_replica=sick,
        culprits=tuple(found.metric for found in appraisal.findings if found.culprit),
        findings=appraisal.findings,
        canary_requests=standing.canary_requests,
        phi=max(found.phi for found in appraisal.findings),
        requests_needed=_requests_needed(appraisal),
        text=" ".join(sentences),
        gauges=appraisal.gauges,
    )


def _reasons(
    decision: Decision, appraisal: Appraisal, policy: Policy, now: float
) -> tuple[Reason, ...]:
    standing = appraisal.standing
    if decision is Decision.ROLLBACK:
        return _worse(standing, policy)
    if decision is Decision.INVALID:
        return (_missing_data(standing, policy, now),)
    if decision is Decision.PROMOTE:
        told = f"All critical metrics are proven good enough at {1.0 / policy.beta:g} : 1."
        return (Reason(code=Code.PROVEN, text=told),)
    if standing.rests_on_one_replica(policy):
        return (_sick(standing, policy),)
    waiting = _waiting(standing, policy, now)
    if waiting:
        return waiting
    unproven = tuple(map(_unproven, _open_findings(appraisal)))
    if now < policy.horizon_seconds:
        return unproven
    spent = f"The {policy.horizon_seconds:g} s for proof are over, without evidence against it."
    doubts = doubts_of(appraisal.findings)
    if doubts:
        spent = (
            f"The {policy.horizon_seconds:g} s for proof are over, and the evidence leans against it "
            f"({', '.join(doubts)}), though it does not convict."
        )
    return (Reason(code=Code.BUDGET_SPENT, text=spent), *unproven)


def _about_gauges(decision: Decision, appraisal: Appraisal) -> tuple[Reason, ...]:
    """Warnings, which decide nothing; and what a promotion knows nothing of."""
    warned = [each for each in appraisal.gauges if each.warning and not each.convicts]
    reasons = [
        Reason(code=Code.GAUGE_WARNING, text=f"{each.metric} has risen: a warning.")
        for each in warned
    ]
    unknown = [each for each in appraisal.gauges if not (each.known or each.warning)]
    if decision in (Decision.PROMOTE, Decision.PROMOTE_ON_BUDGET):
        reasons += [
            Reason(code=Code.GAUGE_UNKNOWN, text=f"Of {each.metric} nothing is known.")
            for each in unknown
        ]
    return tuple(reasons)


def _sick(standing: Standing, policy: Policy) -> Reason:
    sick = (
        f"Replica {standing.left_out_replica!r} is sick, not the version: without it the "
        f"evidence is {evidence_text(standing.left_out_e_value or 0.0)} (limit "
        f"{policy.left_out_limit:g} : 1). Replace it and go on."
    )
    return Reason(code=Code.SICK_REPLICA, text=sick)


def _worse(standing: Standing, policy: Policy) -> tuple[Reason, ...]:
    risen = tuple(
        Reason(code=Code.GAUGE, text=f"{name} has risen, and is asked to roll back.")
        for name in standing.risen_gauges
    )
    worse = (
        f"The canary is worse: evidence {evidence_text(standing.e_value)} after "
        f"{standing.canary_requests:,} canary requests (limit {policy.rollback_limit:g} : 1)."
    )
    if standing.e_value < policy.rollback_limit or standing.rests_on_one_replica(policy):
        return risen
    reasons = [Reason(code=Code.WORSE, text=worse), *risen]
    if standing.canary_replicas < FEWEST_TO_LEAVE_ONE_OUT:
        few = (
            f"With {standing.canary_replicas} canary replicas a sick replica cannot be told from "
            f"a bad version; {FEWEST_TO_LEAVE_ONE_OUT} can."
        )
        reasons.append(Reason(code=Code.FEW_REPLICAS, text=few))
    return tuple(reasons)


def _missing_data(standing: Standing, policy: Policy, now: float) -> Reason:
    if standing.silent or standing.last_seconds is None:
        names = ", ".join(standing.silent) or "any metric"
        text = f"No requests on both arms for {names}. No data is not success."
        return Reason(code=Code.NO_DATA, text=text)
    text = (
        f"The latest data are {now - standing.last_seconds:.0f} s old (limit "
        f"{policy.stale_after_seconds:g} s). Is the canary still scraped?"
    )
    return Reason(code=Code.STALE_DATA, text=text)


def _waiting(standing: Standing, policy: Policy, now: float) -> tuple[Reason, ...]:
    reasons = []
    if now < policy.soak_seconds:
        text = f"Soaking for {policy.soak_seconds - now:.0f} s more."
        reasons.append(Reason(code=Code.SOAKING, text=text))
    lack = policy.min_canary_requests - standing.canary_requests
    if lack > 0:
        text = f"{lack:,} more canary requests needed before promotion."
        reasons.append(Reason(code=Code.FEW_REQUESTS, text=text))
    return tuple(reasons)


def _open_findings(appraisal: Appraisal) -> tuple[Finding, ...]:
    return tuple(found for found in appraisal.findings if found.critical and not found.proven)


def _unproven(finding: Finding) -> Reason:
    if finding.usable_edges == 0:
        text = f"{finding.metric}: no bucket edge has enough requests on both sides to prove it."
        return Reason(code=Code.NO_INFORMATIVE_EDGE, text=text)
    text = f"{finding.metric} is not proven good enough yet ({evidence_text(finding.proof)})"
    if finding.requests_needed is not None:
        text += f", about {finding.requests_needed:,} more canary requests needed"
    return Reason(code=Code.NOT_PROVEN, text=f"{text}.")


def _requests_needed(appraisal: Appraisal) -> int | None:
    needed = [found.requests_needed for found in appraisal.findings if found.critical]
    known = [count for count in needed if count is not None]
    return max(known, default=0) if len(known) == len(needed) else None
