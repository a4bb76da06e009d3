import asyncio
import shutil
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from controlplane.loops.evaluate import evaluate
from controlplane.past_desk import tell_past
from controlplane.promise import make_promise
from controlplane.promise_book import PromiseBook
from controlplane.schemas import BackfillIn
from controlplane.slo_evaluation import begin_counting
from controlplane.slo_page import SloPage
from slo import Adjustments, Budgeting, BurnRule, Exclusion, LabelSets, Method, Reset, Severity
from tests.controlplane.small_world import Surroundings, World, open_world

pytestmark = pytest.mark.anyio

OWN = {"slo": "availability", "service": "resnet"}
PAGE = {**OWN, "severity": "page"}


def value(world: World, name: str, labels: dict[str, str] | None = None) -> float | None:
    return world.plane.telemetry.registry.get_sample_value(name, labels or {})


def events(world: World) -> tuple[float | None, float | None]:
    good, bad = (
        value(world, "trimtab_slo_events_total", {**OWN, "outcome": outcome})
        for outcome in ("good", "bad")
    )
    return good, bad


def burns(world: World) -> dict[str, float]:
    page = world.plane.telemetry.page().decode().splitlines()
    lines = (line.rpartition(" ") for line in page if line.startswith("trimtab_slo_burn_rate{"))
    return {series: float(number) for series, _, number in lines}


async def happens(world: World, *, good: int, bad: int = 0) -> None:
    world.server.answer("1", good=good, bad=bad)
    await world.second_passes(evaluate)


async def test_events_are_those_that_were_counted(world: World) -> None:
    await happens(world, good=5)
    await happens(world, good=97, bad=3)
    assert events(world) == (97.0, 3.0)
    assert value(world, "trimtab_slo_objective_ratio", OWN) == 0.99
    assert value(world, "trimtab_slo_error_budget_remaining_ratio", OWN) == pytest.approx(-2.0)
    assert value(world, "trimtab_slo_counted", OWN) == 1.0


async def test_a_past_that_is_told_is_no_event_of_now(world: World) -> None:
    """Whoever takes the rate of the counter would see all of it within one scrape."""
    await happens(world, good=5)
    since = world.plane.now()
    await happens(world, good=97, bad=3)
    told = {"times": (since - 600.0, since - 1.0), "bad": (0, 7), "total": (0, 70), "source": "x"}
    tell_past(world.plane, world.plane.promises["availability"], BackfillIn.model_validate(told))
    assert events(world) == (97.0, 3.0)
    left = value(world, "trimtab_slo_error_budget_remaining_ratio", OWN)
    assert left == pytest.approx(1.0 - (10 / 170) / 0.01)


async def test_what_is_not_known_has_no_series_rather_than_no_number(world: World) -> None:
    assert value(world, "trimtab_slo_counted", OWN) == 0.0
    assert value(world, "trimtab_slo_error_budget_remaining_ratio", OWN) is None
    await world.measure()
    assert value(world, "trimtab_slo_counted", OWN) == 1.0
    assert value(world, "trimtab_slo_error_budget_remaining_ratio", OWN) is None
    assert "nan" not in world.plane.telemetry.page().decode().lower()


async def test_every_rule_shows_both_its_windows_and_its_threshold(world: World) -> None:
    await world.measure()
    for _ in range(40):
        await happens(world, good=80, bad=20)
    rules = world.plane.promises["availability"].rules
    page = world.plane.telemetry.page().decode()
    families = {found.name: found for found in text_string_to_metric_families(page)}
    limits = families["trimtab_slo_burn_rate_threshold"].samples
    assert len(limits) == len(rules)
    assert {found.value for found in limits} == {
        rule.threshold(timedelta(minutes=30)) for rule in rules
    }
    burns = families["trimtab_slo_burn_rate"].samples
    assert len(burns) == 2 * len(rules)
    assert {round(found.value, 6) for found in burns} == {20.0}
    assert {found.labels["window"] for found in burns} == {"long", "short"}


async def test_two_rules_over_the_same_windows_are_one_series(world: World) -> None:
    promise = world.plane.promises["availability"]
    long, short = timedelta(seconds=20.5), timedelta(seconds=2)
    twice = tuple(
        BurnRule(severity=Severity.PAGE, long=long, short=short, budget_share=share)
        for share in (0.5, 0.1)
    )
    slo = replace(promise.slo, rules=twice)
    put(world, slo=slo)
    limit = value(world, "trimtab_slo_burn_rate_threshold", {**PAGE, "rule": "20.5s/2s"})
    assert limit == twice[1].threshold(timedelta(minutes=30))
    names = [line for line in world.plane.telemetry.page().decode().splitlines() if "{" in line]
    assert len({line.rpartition(" ")[0] for line in names}) == len(names)


def put(world: World, *, slo: object) -> None:
    """Have one more promise, or another in its place."""
    promise = make_promise(slo, sources=(), interval_seconds=1.0)
    promises = world.plane.promises
    known = [found for found in promises.values() if found.slo.name != promise.slo.name]
    plane = replace(world.plane, promises=PromiseBook([*known, promise]))
    registry = world.plane.telemetry.registry
    for collector in [c for c in registry._collector_to_names if isinstance(c, SloPage)]:
        registry.unregister(collector)
    registry.register(SloPage(plane))


async def test_slices_are_told_in_slices(world: World) -> None:
    slo = world.plane.promises["availability"].slo
    budgeting = Budgeting(method=Method.RATIO_TIMESLICES, length=timedelta(seconds=10))
    sliced = replace(slo, budgeting=budgeting, name="sliced", blame_by=())
    put(world, slo=sliced)
    promise = make_promise(sliced, sources=(), interval_seconds=1.0)
    sources = frozenset({"server"})
    assert begin_counting(promise, world.plane.counting, (), sources=sources) == ""
    for _ in range(25):
        world.server.answer("1", good=3, bad=1)
        await world.measure()
    labels = {"slo": "sliced", "service": "resnet"}
    good, bad = (
        value(world, "trimtab_slo_events_total", {**labels, "outcome": outcome})
        for outcome in ("good", "bad")
    )
    assert (good + bad, good / bad) == (pytest.approx(2.0), pytest.approx(3.0, rel=0.1))


async def test_an_alert_is_one_while_it_fires(world: World) -> None:
    alert = {"alertname": "SLOBurn", **PAGE}
    await happens(world, good=10)
    assert value(world, "trimtab_alert_firing", alert) == 0.0
    for _ in range(30):
        await happens(world, good=0, bad=100)
    assert value(world, "trimtab_alert_firing", alert) == 1.0
    vanished = {**alert, "alertname": "SLOVanished"}
    assert value(world, "trimtab_alert_firing", vanished) == 0.0


async def test_only_alerts_that_an_slo_can_have_are_shown(world: World) -> None:
    slo = world.plane.promises["availability"].slo
    alert = {"alertname": "SLONoData", **PAGE}
    assert value(world, "trimtab_alert_firing", alert) is None
    put(world, slo=replace(slo, silence=timedelta(minutes=5)))
    assert value(world, "trimtab_alert_firing", alert) == 0.0
    family = LabelSets(labels=("version",))
    put(world, slo=replace(slo, each=family))  # leaves calling to its members
    assert value(world, "trimtab_alert_firing", {**alert, "alertname": "SLOBurn"}) is None
    assert value(world, "trimtab_alert_firing", {**alert, "alertname": "SLOVanished"}) == 0.0
    put(world, slo=replace(slo, family="every", values={"version": "1"}))
    assert value(world, "trimtab_alert_firing", {**alert, "alertname": "SLOBurn"}) == 0.0
    assert value(world, "trimtab_alert_firing", {**alert, "alertname": "SLOVanished"}) is None


async def test_what_people_took_out_is_not_in_the_budget_and_stays_in_the_events(
    world: World,
) -> None:
    await happens(world, good=0)
    await happens(world, good=50, bad=50)
    now = world.plane.now()
    out = Exclusion(start=now - 1.0, end=now)
    world.plane.live.adjustments["availability"] = Adjustments(exclusions=(out,))
    await happens(world, good=100)
    assert value(world, "trimtab_slo_error_budget_remaining_ratio", OWN) == 1.0
    assert events(world) == (150.0, 50.0)


async def test_targets_are_told_by_state(world: World) -> None:
    states = ("up", "unknown", "down")
    found = [value(world, "trimtab_targets", {"state": state}) for state in states]
    assert found == [0.0, 1.0, 0.0]
    await world.measure()
    found = [value(world, "trimtab_targets", {"state": state}) for state in states]
    assert found == [1.0, 0.0, 0.0]


async def test_no_more_slos_than_so_many_are_shown_and_the_rest_is_told(world: World) -> None:
    few = SloPage(world.plane, most=0)
    found = {sample.name: sample.value for family in few.collect() for sample in family.samples}
    assert (found["trimtab_slos"], found["trimtab_slos_left_out"]) == (1.0, 1.0)
    assert "trimtab_slo_objective_ratio" not in found


async def test_after_a_crash_no_events_are_shown_before_every_target_was_asked(
    around: Surroundings,
) -> None:
    async with open_world(around) as world:
        await happens(world, good=0)
        await happens(world, good=90, bad=10)
        with world.plane.engine.begin() as connection:
            world.plane.counting.save(connection, now=world.plane.now())
        await happens(world, good=45, bad=5)  # never saved
        assert events(world) == (135.0, 15.0)
    async with open_world(around) as world:
        assert events(world) == (None, None)
        await world.measure()
        assert events(world) == (135.0, 15.0)


async def test_neither_counter_ever_falls_but_for_a_new_beginning(world: World) -> None:
    await world.measure()
    slo = world.plane.promises["availability"].slo
    put(world, slo=replace(slo, sli=replace(slo.sli, good=slo.sli.total, bad=())))
    sums = world.plane.counting.sums
    columns = np.array([sums.column(f"slo/availability/{kind}") for kind in ("part", "total")])

    def shown(good: float, total: float) -> tuple[float | None, float | None]:
        sums.put(columns, np.array([good, total]))
        return events(world)

    assert shown(10, 10) == (10, 0)
    assert shown(10, 12) == (10, 2)  # all was read a moment after what is good
    assert shown(12, 12) == (12, 2)
    assert shown(20, 24) == (20, 4)
    assert shown(1, 2) == (1, 1)  # begun anew


async def test_the_page_is_the_one_that_prometheus_client_writes(world: World) -> None:
    for _ in range(30):
        await happens(world, good=80, bad=20)
    telemetry = world.plane.telemetry
    assert telemetry.page() == generate_latest(telemetry.registry)
    put(world, slo=replace(world.plane.promises["availability"].slo, service='a "b"\\c\nd é'))
    assert telemetry.page() == generate_latest(telemetry.registry)


async def test_a_budget_that_was_begun_anew_leaves_burn_rates_as_they_are(world: World) -> None:
    await world.measure()
    for _ in range(20):
        await happens(world, good=80, bad=20)
    before = burns(world)
    world.plane.live.adjustments["availability"] = Adjustments(
        resets=(Reset(at=world.plane.now()),)
    )
    assert burns(world) == before
    assert value(world, "trimtab_slo_error_budget_remaining_ratio", OWN) is None
    await happens(world, good=100)
    assert value(world, "trimtab_slo_error_budget_remaining_ratio", OWN) == 1.0


async def test_an_slo_that_comes_is_shown_and_one_that_goes_is_not(world: World) -> None:
    await happens(world, good=5)
    slo = world.plane.promises["availability"].slo
    other = make_promise(replace(slo, name="other"), sources=(), interval_seconds=1.0)
    counted = {"slo": "other", "service": slo.service}
    assert value(world, "trimtab_slo_counted", counted) is None
    world.plane.promises.put(other)
    assert value(world, "trimtab_slo_counted", counted) == 0.0
    assert begin_counting(other, world.plane.counting, (), sources=frozenset({"server"})) == ""
    assert value(world, "trimtab_slo_counted", counted) == 1.0
    await happens(world, good=0)
    await happens(world, good=3, bad=1)
    assert value(world, "trimtab_slo_events_total", {**counted, "outcome": "bad"}) == 1.0
    world.plane.promises.remove("other")
    assert value(world, "trimtab_slo_counted", counted) is None


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
async def test_the_page_is_one_to_prometheus_too(world: World) -> None:
    for _ in range(30):
        await happens(world, good=80, bad=20)
    promtool = await asyncio.create_subprocess_exec(
        "promtool",
        "check",
        "metrics",
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaints = await promtool.communicate(world.plane.telemetry.page())
    assert (promtool.returncode, complaints.decode()) == (0, "")
