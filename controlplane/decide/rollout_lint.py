"""Whether rollouts of a service, as configured, are able to work: every finding with its fix."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from canary_analysis.power import (
    nats_below,
    nats_of_equality,
    requests_to_prove,
    smallest_rise,
)
from controlplane.decide.answers import comparisons_to_prove
from controlplane.decide.rollout import RolloutSpec
from controlplane.decide.rollout_plan import ALL, Answer, Strategy

__all__ = ["LintFinding", "RolloutFacts", "lint_rollout"]

FEW_REPLICAS = 3
"""With fewer canary replicas nobody can tell a sick one from a bad version."""
SHORT_DEADLINE_SECONDS = 300.0
OLD_AND_NEW = 2
COARSE = 10.0
"""A rise that is so many times what is tolerable and still not seen is worth a note."""
EQUIVALENCE = 2.0
"""Odds ratio of errors that must be excluded before promotion; `Policy.error_equivalence`."""
METRICS = 2.0
"""Errors and latency share the stake."""
JUDGED = (Strategy.CANARY, Strategy.ROLLING, Strategy.SHADOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutFacts:
    """What is known of a service when its rollouts are looked at.

    Attributes:
        router_fault: Why its router cannot be asked; empty when it can, or somebody else moves traffic.
        versions: That the router knows; None when it cannot be asked.
        learns_versions: Whether the router learns of a version from a rollout, as a flag does.
        counted: Whether requests by version can be read from its pages.
        replicas: Targets whose page was read.
        requests_per_second: Of all versions; None when unknown.
        error_share: Of these requests; None when unknown.
        odd_limits: Latency limits of its SLOs, in words, that are at no bucket's edge, with the next ones.
        slos: How many SLOs watch it.
        ready_probe: Whether its readiness is asked for.
        someone_told: Whether anybody is told that a rollout waits.
        frozen: A freeze that holds it now, or begins before a rollout would end; empty when none.
    """

    router_fault: str
    versions: tuple[str, ...] | None
    counted: bool
    replicas: int
    requests_per_second: float | None
    error_share: float | None
    odd_limits: tuple[str, ...]
    slos: int
    ready_probe: bool
    someone_told: bool
    frozen: str
    learns_versions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LintFinding:
    """One finding.

    Attributes:
        code: For programs.
        note: Whether it works all the same, only less well.
        fact: What is so.
        fix: What to do about it.
    """

    code: str
    note: bool
    fact: str
    fix: str


def lint_rollout(spec: RolloutSpec, facts: RolloutFacts) -> tuple[LintFinding, ...]:
    """Return all that keeps rollouts of this kind from working, and what makes them work less well."""
    found = [*_of_router(spec, facts), *_of_pages(facts), *_of_people(spec, facts)]
    if spec.steps and spec.strategy in JUDGED:
        found += _of_time(spec)
        if facts.requests_per_second is not None:
            found += _of_traffic(spec, facts, facts.requests_per_second)
    return tuple(found)


def _fault(code: str, fact: str, fix: str) -> LintFinding:
    return LintFinding(code=code, note=False, fact=fact, fix=fix)


def _note(code: str, fact: str, fix: str) -> LintFinding:
    return LintFinding(code=code, note=True, fact=fact, fix=fix)


def _of_router(spec: RolloutSpec, facts: RolloutFacts) -> Iterator[LintFinding]:
    if facts.router_fault:
        yield _fault(
            "router-unreachable", facts.router_fault, "is it running, and is route.url right?"
        )
    elif (
        not facts.learns_versions
        and facts.versions is not None
        and len(facts.versions) < OLD_AND_NEW
    ):
        fact = f"the router knows one version, {', '.join(facts.versions) or 'none'}"
        fix = "load the next one beside it before a rollout starts; undo and drill need one, too"
        yield _note("one-version", fact, fix)
    if not facts.ready_probe and spec.strategy is not Strategy.OBSERVE:
        fix = f"services.{spec.service}: probes: [{{kind: ready, every: 5s}}]"
        yield _note("readiness-unasked", "a version is taken at its word that it is ready", fix)


def _of_pages(facts: RolloutFacts) -> Iterator[LintFinding]:
    if not facts.counted:
        fact = "its pages show no requests that can be counted by version"
        yield _fault("nothing-to-judge", fact, "trimtab detect URL says what each page can tell")
        return
    if facts.replicas < FEW_REPLICAS:
        fact = (
            f"{facts.replicas} of its pages can be read, so a sick replica looks like a bad version"
        )
        fix = (
            "name every replica as a target (discovery finds them), at least three of each version"
        )
        yield _note("few-replicas", fact, fix)
    for limit in facts.odd_limits:
        fix = "let the SLO name such an edge, or have the server add a bucket there"
        yield _fault("limit-between-edges", limit, fix)


def _of_people(spec: RolloutSpec, facts: RolloutFacts) -> Iterator[LintFinding]:
    for approval in spec.approvals:
        if not facts.someone_told:
            fact = f"approval {approval.name!r} waits for people, and nobody is told"
            yield _fault("nobody-told", fact, "add notify.receivers")
        if approval.deadline_seconds < SHORT_DEADLINE_SECONDS and approval.default is Answer.REJECT:
            fact = f"approval {approval.name!r} is answered with no after {approval.deadline_seconds:g} s"
            yield _fault(
                "deadline-too-short", fact, "give people the time to answer, for example 2h"
            )
    if facts.frozen and not spec.override and spec.strategy is not Strategy.OBSERVE:
        yield _note("freeze", facts.frozen, "start it later, or with --override REASON")
    for wanted, name in (
        (spec.budget_gate, "budget_gate"),
        (spec.rollback_on_page, "rollback_on_page"),
    ):
        if wanted and not facts.slos:
            fact = f"{name} looks at the service's SLOs, and it has none"
            yield _fault("no-slo", fact, "write an SLO (trimtab init), or leave it out")


def _of_time(spec: RolloutSpec) -> Iterator[LintFinding]:
    soaking = spec.soak_seconds * len(spec.steps)
    if soaking >= spec.horizon_seconds:
        fact = (
            f"{len(spec.steps)} steps of {spec.soak_seconds:g} s take {soaking:g} s, and the horizon of "
            f"{spec.horizon_seconds:g} s is over before: it goes home unproven"
        )
        yield _fault(
            "horizon-too-short", fact, f"horizon above {soaking:g} s, or fewer or shorter steps"
        )


def _of_traffic(spec: RolloutSpec, facts: RolloutFacts, rate: float) -> Iterator[LintFinding]:
    if rate <= 0.0:
        yield _fault(
            "no-traffic", "no request came while it was watched", "send some: nothing is shown"
        )
        return
    slow = [
        w for w in spec.steps if _seconds_for(spec.min_requests, rate, w) > spec.horizon_seconds
    ]
    if slow:
        fact = f"{spec.min_requests} canary requests at {slow[0]:g} % take longer than the horizon"
        yield _fault(
            "too-few-requests", fact, "a larger first step, a longer horizon, fewer min_requests"
        )
    share = facts.error_share or 0.0
    yield from _of_power(spec, rate, share)
    yield from _of_proof(spec, rate, share)
    if spec.strategy is Strategy.SHADOW:
        yield from _of_answers(spec, rate)


def _seconds_for(requests: int, rate: float, weight: float) -> float:
    return requests / (rate * weight / ALL)


def _of_power(spec: RolloutSpec, rate: float, share: float) -> Iterator[LintFinding]:
    """Say which rise of the errors the first step would show."""
    weight = spec.steps[0] / ALL
    asked = rate * max(spec.soak_seconds, 1.0)
    # A copy is compared with the request that it copies, and every request is somebody's.
    rest = weight if spec.strategy is Strategy.SHADOW else max(1.0 - weight, 1e-9)
    canary, baseline = np.array([asked * weight]), np.array([asked * rest])
    found = smallest_rise(
        canary,
        baseline,
        np.array([share]),
        margin=np.array([spec.error_odds]),
        phi=np.array([max(1.0, spec.prior_phi)]),
        limit=np.array([METRICS / spec.alpha]),
    )[0]
    seen = f"{canary[0]:,.0f} canary requests in the first step"
    fix = "a larger first step, a longer soak, or more traffic"
    if not np.isfinite(found):
        yield _note("blind-first-step", f"{seen} would show no rise of the errors at all", fix)
    elif found > COARSE * spec.tolerable_errors:
        fact = f"{seen} would show errors from {found:.1%} on, and fewer not"
        yield _note("coarse-first-step", fact, fix)


def _of_proof(spec: RolloutSpec, rate: float, share: float) -> Iterator[LintFinding]:
    """Say whether a good version could be proven to be one before the horizon."""
    last = spec.steps[-1] / ALL
    before = spec.soak_seconds * rate * sum(spec.steps[:-1]) / ALL
    left = max(0.0, spec.horizon_seconds - spec.soak_seconds * (len(spec.steps) - 1))
    canary = np.array([before + left * rate * last])
    rest = rate * spec.horizon_seconds - canary[0]
    baseline = canary if spec.strategy is Strategy.SHADOW else np.array([rest])
    errors = np.array([share])
    odds = np.array([EQUIVALENCE])
    nats = np.maximum(
        nats_of_equality(canary, np.maximum(baseline, 1.0), errors, margin=odds),
        nats_below(errors, spec.tolerable_errors),
    )
    one, phi = np.ones(1), np.array([max(1.0, spec.prior_phi)])
    needed = requests_to_prove(nats, phi=phi, value=one, limit=1.0 / spec.beta)[0]
    if needed <= canary[0]:
        return
    most = "no number of" if not np.isfinite(needed) else f"about {needed:,.0f}"
    fact = f"{most} canary requests prove a good one, and the horizon has {canary[0]:,.0f}"
    fix = "a larger last step, a longer horizon, a higher tolerable_errors, or promote_on_budget: true"
    told = _note if spec.promote_on_budget else _fault
    yield told("unprovable", fact, fix)


def _of_answers(spec: RolloutSpec, rate: float) -> Iterator[LintFinding]:
    """Say whether answers could be proven to be the same before the horizon."""
    needed = comparisons_to_prove(spec.max_different, beta=spec.beta)
    had = rate * spec.horizon_seconds * spec.steps[-1] / ALL
    if needed > had:
        fact = (
            f"{needed:,} answers that are all the same prove that at most {spec.max_different:.2%} "
            f"differ, and the horizon has {had:,.0f} at most"
        )
        yield _fault("too-few-answers", fact, "a longer horizon, or a higher max_different")
