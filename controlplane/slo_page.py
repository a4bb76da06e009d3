"""The plane's exact figures of SLOs, targets and alerts, as series for whoever scrapes the plane.

They are reckoned when the page is asked for, so they are never older than the answer.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from controlplane.burn_table import BurnTable, Look, begin_of
from controlplane.decide.alert_state import QUIET, AlertState
from controlplane.plane import Plane
from controlplane.promise import Promise
from controlplane.slo_evaluation import counts_of, counts_within
from controlplane.slo_series import ShownSlo, SloSeries, SourcesKey
from controlplane.written_metric import WrittenMetric
from slo import Adjustments, Counts, burn_rate

__all__ = ["MOST_SLOS", "SloPage"]

MOST_SLOS = 1_000
"""The page is made between two rounds of the loops, and holds them up: so many take some 12 ms."""

NOT_ASKED = "not scraped yet"
STATES = ("up", "unknown", "down")
Places = npt.NDArray[np.int64]


class SloPage(Collector):
    """Series of SLOs, targets and alerts; register it with the plane's telemetry.

    Args:
        plane: Whose figures they are.
        most: How many SLOs are shown; a gauge says how many were left out.
    """

    def __init__(self, plane: Plane, *, most: int = MOST_SLOS) -> None:
        self._plane = plane
        self._most = most
        self._told: dict[str, tuple[int, Counts]] = {}
        self._versions = -1, -1
        self._series = SloSeries(())
        self._table = BurnTable((), {})
        self._places: Places = np.empty(0, dtype=np.int64)
        self._budget_places = self._places

    def collect(self) -> Iterator[Metric]:
        """Return every family, reckoned now."""
        plane, every = self._plane, len(self._plane.promises)
        self._compile()
        series, shown = self._series, self._series.shown
        yield _single("trimtab_slos", "SLOs that are watched.", every)
        yield _single(
            "trimtab_slos_left_out",
            "SLOs that this page does not show, for there are too many.",
            every - len(shown),
        )
        yield _targets(plane)
        burns, budgets = self._burns(plane.now())
        counted = [float(self._is_counted(each)) for each in shown]
        firing = [float(self._fires(key)) for key in series.alerts]
        yield WrittenMetric(series.objective, series.objectives)
        yield WrittenMetric(series.counted, counted)
        yield WrittenMetric(
            series.budget, [None if each is None else 1.0 - each for each in budgets]
        )
        yield WrittenMetric(series.events, self._events())
        yield WrittenMetric(series.burn, burns)
        yield WrittenMetric(series.limit, series.limits)
        yield WrittenMetric(series.firing, firing)

    def _compile(self) -> None:
        """Find out which series there are and where their sums stand, if that is not known."""
        promises, sums = self._plane.promises, self._plane.counting.sums
        known, self._versions = self._versions, (promises.version, sums.version)
        if known == self._versions:
            return
        if known[0] != promises.version:
            self._series = SloSeries(tuple(islice(promises.values(), self._most)))
            shown = {each.name for each in self._series.shown}
            self._told = {name: told for name, told in self._told.items() if name in shown}
        windows, budgets = self._series.windows, self._series.budgets
        self._table = BurnTable((*windows, *budgets), sums.columns)
        self._places, self._budget_places = self._found(windows), self._found(budgets)

    def _found(self, wanted: Sequence[tuple[Promise, Look]]) -> Places:
        places = (self._table.places[promise.slo.name, look] for promise, look in wanted)
        return np.fromiter(places, dtype=np.int64, count=len(wanted))

    def _burns(self, now: float) -> tuple[list[float | None], list[float | None]]:
        """Return the burn rates of all windows, and of all budgets; None without traffic."""
        every = self._table.burns(self._plane.counting, now=now)
        burns, budgets = (
            [None if rate != rate else rate for rate in every[places].tolist()]  # noqa: PLR0124 -- NaN
            for places in (self._places, self._budget_places)
        )
        adjusted = {name: found for name, found in self._plane.live.adjustments.items() if found}
        if adjusted:
            for at, (promise, look) in enumerate(self._series.windows):
                if promise.slo.name in adjusted:
                    begin = begin_of(look, now)
                    burns[at] = self._less(promise, adjusted[promise.slo.name], begin, now)
            for at, (promise, look) in enumerate(self._series.budgets):
                if promise.slo.name in adjusted:
                    out = adjusted[promise.slo.name]
                    begin = out.begin(begin_of(look, now), now)
                    budgets[at] = self._less(promise, out, begin, now)
        return burns, budgets

    def _less(self, promise: Promise, out: Adjustments, begin: float, now: float) -> float | None:
        """Return a burn rate without what people took out."""
        happened = counts_within(
            promise, self._plane.counting, now=now, seconds=now - begin, adjustments=out
        )
        return burn_rate(happened, promise.slo.objective)

    def _events(self) -> list[float | None]:
        """Return good and bad events of each SLO since the beginning, once every target was asked.

        After a crash the counts stand as they were saved, and catch up with the first pages; to show
        them before would look like a counter that began anew.
        """
        asked: dict[SourcesKey, bool] = {}
        found: list[float | None] = []
        for each in self._series.shown:
            if each.sources not in asked:
                asked[each.sources] = self._all_asked(each.promise)
            counts = self._counts(each) if asked[each.sources] else None
            if counts is None:
                found += (None, None)
            else:
                found += (counts.good / each.unit, counts.bad / each.unit)
        return found

    def _all_asked(self, promise: Promise) -> bool:
        plane = self._plane
        if promise.engine:
            feed = plane.live.feeds.get(promise.slo.name)
            return feed is not None and feed.until is not None
        standings = (plane.live.targets.get(name) for name in plane.sources_for(promise))
        return all(found is None or found.reason != NOT_ASKED for found in standings)

    def _counts(self, each: ShownSlo) -> Counts | None:
        counting = self._plane.counting
        if not counting.defines(each.total_key):
            return None
        part, total = map(counting.counted_here, (each.part_key, each.total_key))
        return self._never_less(each.name, counts_of(each.promise, part, total))

    def _never_less(self, name: str, found: Counts) -> Counts:
        """Return counts of which neither fell: two counters of one page may be read a moment apart.

        A total that fell was begun anew, and then so is this. What was told may be above what was
        counted, so both are remembered.
        """
        counted, before = self._told.get(name, (found.total, found))
        told = found
        if found.total >= counted:
            good, bad = max(found.good, before.good), max(found.bad, before.bad)
            told = Counts(good=good, total=good + bad)
        self._told[name] = found.total, told
        return told

    def _is_counted(self, each: ShownSlo) -> bool:
        plane = self._plane
        return plane.counting.defines(each.total_key) and not plane.live.uncounted.get(each.name)

    def _fires(self, key: str) -> bool:
        return self._plane.live.alerts.get(key, QUIET).state is AlertState.FIRING


def _targets(plane: Plane) -> Metric:
    family = GaugeMetricFamily(
        "trimtab_targets", "Targets by how their last scrape went.", labels=("state",)
    )
    found = [standing.state for standing in plane.live.targets.values()]
    for state in STATES:
        family.add_metric([state], found.count(state))
    return family


def _single(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
