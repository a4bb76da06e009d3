"""What is seen of a rollout in one round: the part of the rollout loop that reads."""

from dataclasses import dataclass, replace

from canary_analysis import Finding, Verdict, compare_share
from controlplane.canary_counts import ERRORS, Watched, some_edges
from controlplane.canary_gauges import PageSeen, gauges_of
from controlplane.decide.alert_state import AlertState
from controlplane.decide.answers import AnswerFinding, judge_answers
from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_plan import ALL, Strategy
from controlplane.decide.rollout_state import Phase
from controlplane.decide.rollout_step import Sight
from controlplane.evidence import evidence_of, summary_of
from controlplane.plane import Plane
from controlplane.rollout_hold import held
from controlplane.target_spec import TargetSpec
from probes.gpu_join import serving_gpus
from probes.reading import Reading
from slo import LatencySli, Severity, chance_of_at_least

__all__ = ["Seen", "see", "take_up"]

JUDGED = (Phase.PROGRESSING, Phase.PAUSED)
ALL_FAIL_REQUESTS = 20
"""So many requests of which every one is bad need no statistics."""
ALONE_CHANCE = 1e-6
"""Where no other version serves, so unlikely must be what a tolerable one would show: it is looked at
often, and this leaves room for that."""
LOST_READINESS = 3
"""So many probes in a row that say it is not ready."""
STALE_PAGES = 5.0
"""Scrape intervals after which a page says nothing of now."""
STALE_PROBES = 3.0
"""Probe intervals after which an answer is too old to go by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The rollout with its figures brought up to date, and what the decision looks at."""

    rollout: Rollout
    sight: Sight


def see(
    plane: Plane, rollout: Rollout, *, weight_reached: bool, away: str = "", lost: str = ""
) -> Seen:
    """Read readiness, breaker and evidence of one rollout.

    Args:
        plane: The plane.
        rollout: Which.
        weight_reached: Whether all replicas are set as they should be.
        away: Replicas that do not answer, in words; empty when all do.
        lost: Why a replica that was taken over is given up; empty when none is.
    """
    watched = _watched(plane, rollout)
    verdict = None
    if watched is not None and rollout.progress.phase in JUDGED:
        verdict = _verdict(plane, rollout, watched)
        rollout = _with_figures(plane, rollout, verdict)
    progress = rollout.progress
    answers = _answers(rollout)
    breaker = plane.live.breakers.get((rollout.spec.service, rollout.spec.version))
    sight = Sight(
        phase=progress.phase,
        step=progress.step,
        seconds_in_step=plane.now() - progress.entered_at,
        requests_in_step=progress.canary_requests - progress.requests_before_step,
        weight_reached=weight_reached,
        canary_ready=watched is not None and _ready(plane, rollout),
        serves_already=_serves_already(plane, rollout),
        horizon_over=plane.now() - (progress.analysis_at or plane.now())
        > rollout.spec.horizon_seconds,
        breaker_open=breaker is not None and breaker.keeps_out,
        finding=None if verdict is None else verdict.decision,
        finding_reason="" if verdict is None else summary_of(verdict),
        held=held(plane, rollout),
        by_hand=progress.by_hand,
        differs=answers.text if answers is not None and answers.too_many else "",
        unlike=answers.text if answers is not None and not answers.proven else "",
        guard=lost or _guard(plane, rollout, verdict),
        away=away,
        approval=progress.approval,
        figures_age=_figures_age(plane, rollout),
        stale_seconds=STALE_PAGES
        * max((t.interval for t in _own_targets(plane, rollout)), default=0.0),
    )
    return Seen(rollout=rollout, sight=sight)


def take_up(plane: Plane, service: str) -> None:
    """Go on counting for rollouts that were under way when the plane began.

    This comes before the first page is counted, so that what happened while no plane ran is in it.
    """
    if service in plane.live.taken_up:
        return
    under_way = [
        rollout
        for rollout in plane.rollouts.list(service=service, active=True)
        if rollout.progress.phase in JUDGED and not plane.canaries.watches(rollout.id)
    ]
    for rollout in under_way:
        watched = _watched(plane, rollout)
        if watched is None:
            return  # a page that tells nothing of versions: the next one may
        plane.canaries.begin(rollout, watched, saved=plane.rollouts.analysis(rollout.id))
    plane.live.taken_up.add(service)


def _own_targets(plane: Plane, rollout: Rollout) -> list[TargetSpec]:
    """Return the targets that the canary is counted on: its own where it has some, else all."""
    targets = plane.targets_of(rollout.spec.service)
    return [t for t in targets if t.version == rollout.spec.version] or list(targets)


def _figures_age(plane: Plane, rollout: Rollout) -> float | None:
    """Return the seconds since a page of the canary was read; None if none was since the plane began."""
    standings = plane.live.targets
    read = [at for t in _own_targets(plane, rollout) if (at := standings[t.name].at) is not None]
    return plane.now() - max(read) if read else None


def _answers(rollout: Rollout) -> AnswerFinding | None:
    """Return what is known of a mirrored version's answers; None where none are compared."""
    spec, progress = rollout.spec, rollout.progress
    if spec.strategy is not Strategy.SHADOW:
        return None
    return judge_answers(
        progress.compared,
        progress.different,
        most=spec.max_different,
        alpha=spec.alpha,
        beta=spec.beta,
    )


def _guard(plane: Plane, rollout: Rollout, verdict: Verdict | None) -> str:
    """Return what is so wrong with a canary that no statistics are needed."""
    progress = rollout.progress
    if progress.phase not in JUDGED:
        return ""
    for finding in () if verdict is None else verdict.findings:
        if finding.metric == ERRORS and (failing := _failing(rollout, finding)):
            return failing
    standing = plane.live.probes.get((rollout.spec.service, rollout.spec.version, "ready"))
    if standing is not None and standing.failures_in_row >= LOST_READINESS:
        return f"it is not ready any more: {standing.reason}"
    paged = _paged_since(plane, rollout) if rollout.spec.rollback_on_page else ""
    return f"{paged} pages since it began" if paged else ""


def _failing(rollout: Rollout, finding: Finding) -> str:
    """Return how many requests of a canary fail, where that is too much whatever the baseline does."""
    asked, failed = finding.canary_requests, finding.canary_events
    if asked >= ALL_FAIL_REQUESTS and failed == asked:
        return f"all of its {asked} requests are bad"
    tolerable = rollout.spec.tolerable_errors
    if rollout.alone and chance_of_at_least(failed, asked, tolerable) < ALONE_CHANCE:
        return f"{failed} of its {asked} requests are bad; {tolerable:.2%} are tolerable"
    return ""


def _paged_since(plane: Plane, rollout: Rollout) -> str:
    """Return an SLO of the service whose page fired while the rollout ran; empty when none did."""
    since = rollout.progress.analysis_at or rollout.created_at
    for promise in plane.promises_of(rollout.spec.service):
        alert = plane.live.alerts.get(f"{promise.slo.name}/{Severity.PAGE}")
        if alert is not None and alert.state is AlertState.FIRING and alert.starts_at >= since:
            return promise.slo.name
    return ""


def _ready(plane: Plane, rollout: Rollout) -> bool:
    """Whether the version answers that it is; a service without that probe is taken at its word."""
    service, version = rollout.spec.service, rollout.spec.version
    asked = [p.every for p in plane.config.services[service].probes if p.kind == "ready"]
    if not asked:
        return True
    standing = plane.live.probes.get((service, version, "ready"))
    # A version that is no longer there is no longer asked: its last answer says nothing.
    fresh = standing is not None and plane.now() - standing.at <= STALE_PROBES * max(asked)
    return fresh and standing is not None and standing.ok is True


def _serves_already(plane: Plane, rollout: Rollout) -> bool:
    if rollout.spec.strategy is Strategy.OBSERVE:
        return False
    record = plane.services.list().get(rollout.spec.service)
    return record is not None and record.stable == rollout.spec.version


def _verdict(plane: Plane, rollout: Rollout, watched: Watched) -> Verdict:
    if not plane.canaries.watches(rollout.id):
        plane.canaries.begin(rollout, watched, saved=plane.rollouts.analysis(rollout.id))
    plane.canaries.refit(rollout, watched)
    pages = _pages(plane, rollout.spec.service) if watched.gauges else {}
    return plane.canaries.look(rollout, now=plane.now(), pages=pages)


def _pages(plane: Plane, service: str) -> dict[str, PageSeen]:
    """Return what the replicas of a service showed last, of those that answer."""
    pages, standings = plane.live.pages, plane.live.targets
    up = [t.name for t in plane.targets_of(service) if standings[t.name].state == "up"]
    serving = serving_gpus(pages, up) if plane.canaries.asks_gpus else {}
    return {
        name: PageSeen(at=at, page=pages[name], serving=serving.get(name))
        for name in up
        if name in pages and (at := standings[name].at) is not None
    }


def _watched(plane: Plane, rollout: Rollout) -> Watched | None:
    """Return where the versions are counted; None until a page was seen and recognised."""
    service = rollout.spec.service
    reading, route = plane.reading_of(service), plane.config.services[service].route
    if reading is None or route is None:
        return None
    names = tuple(sorted(target.name for target in plane.targets_of(service)))
    limit = _latency_limit(plane, service, reading)
    if rollout.spec.strategy is Strategy.SHADOW:
        reading = reading.mirrored
        if reading is None:
            return None
    versions = (rollout.spec.version, rollout.progress.baseline)
    return Watched(
        reading=reading,
        model=route.name,
        targets=names,
        own_targets={v: plane.sources_of(service, v, by_label=False) for v in versions},
        edges=some_edges(reading.edges, limit),
        limit=limit if limit in reading.edges else None,
        gauges=gauges_of(rollout.spec.gauges, reading.profile),
    )


def _latency_limit(plane: Plane, service: str, reading: Reading) -> float | None:
    """Return the strictest latency that an SLO of the service promises, in seconds."""
    if reading.latency is None:
        return None
    limits = [
        reading.latency.scaled(str(promise.slo.sli.limit))
        for promise in plane.promises.values()
        if promise.slo.service == service
        and isinstance(promise.slo.sli, LatencySli)
        and promise.slo.sli.histogram.name == reading.latency.family.name
    ]
    return min(limits, default=None)


def _with_figures(plane: Plane, rollout: Rollout, verdict: Verdict) -> Rollout:
    compared, different = (0, 0)
    if rollout.spec.strategy is Strategy.SHADOW:
        compared, different = plane.canaries.answers(rollout)
    progress = replace(
        rollout.progress,
        compared=compared,
        different=different,
        canary_requests=plane.canaries.canary_requests(rollout),
        baseline_requests=plane.canaries.baseline_requests(rollout),
        verdict=verdict.decision.value,
        evidence=evidence_of(verdict),
    )
    return _with_share(plane, replace(rollout, progress=progress))


def _with_share(plane: Plane, rollout: Rollout) -> Rollout:
    """Hold the canary's share of the requests of this step against the one that was asked for.

    It is an alarm and no part of the verdict: whatever the share is, the arms are compared within
    each interval. While a breaker takes traffic away, another share than the step's is asked for.
    """
    progress, weight = rollout.progress, rollout.weight
    versions = (rollout.spec.version, progress.baseline)
    whole = all(plane.live.factors.get((rollout.spec.service, v), 1.0) >= 1.0 for v in versions)
    strategy = rollout.spec.strategy
    spread = strategy.moves_traffic and strategy is not Strategy.ROLLING
    moves = spread and progress.phase is Phase.PROGRESSING
    if not moves or not 0.0 < weight < ALL or not whole:
        return rollout
    found = compare_share(
        max(0, progress.canary_requests - progress.requests_before_step),
        max(0, progress.baseline_requests - progress.baseline_before_step),
        configured=weight / ALL,
    )
    return replace(rollout, progress=replace(progress, share=found.text, share_alarm=found.alarm))
