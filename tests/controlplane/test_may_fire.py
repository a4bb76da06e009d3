"""The quick look at an SLO must never miss what the full evaluation would find."""

from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.counting import Counting
from controlplane.slo_evaluation import begin_counting, evaluate_promise, make_promise, may_fire
from controlplane.store.counts import CountStore
from controlplane.store.database import open_database
from slo import Objective, RatioSli, Selector, SloSpec

SERIES = (("all_total", {}), ("part_total", {}))
SOURCES = frozenset({"a"})
STEPS = st.lists(
    st.tuples(st.integers(1, 900), st.integers(0, 500), st.integers(0, 50)), min_size=1, max_size=25
)
ENGINE = open_database("sqlite://")


def spec(*, by_bad: bool, target: float) -> SloSpec:
    part = (Selector(name="part_total"),)
    total = (Selector(name="all_total"),)
    sli = RatioSli(total=total, bad=part) if by_bad else RatioSli(total=total, good=part)
    objective = Objective(target=target, window=timedelta(days=1))
    return SloSpec(name="x", service="s", description="", objective=objective, sli=sli, labels={})


@settings(max_examples=60)
@given(STEPS, st.booleans(), st.sampled_from([0.9, 0.99, 0.999]))
def test_what_fires_was_seen_coming(steps, by_bad, target):
    counting = Counting(CountStore(ENGINE), now=0.0)
    promise = make_promise(spec(by_bad=by_bad, target=target), sources=[], interval_seconds=1.0)
    begin_counting(promise, counting, [], sources=SOURCES)
    now, total, part = 0.0, 0, 0
    counting.observe("a", SERIES, np.array([0.0, 0.0]), started=None)
    counting.mark(now)
    for seconds, more, bad in steps:
        now, total = now + seconds, total + more
        part += min(bad, more) if by_bad else more - min(bad, more)
        counting.observe("a", SERIES, np.array([float(total), float(part)]), started=None)
        counting.mark(now)
        decisions = evaluate_promise(promise, counting, now=now).decisions.values()
        if any(decision.firing for decision in decisions):
            assert may_fire(promise, counting, now=now)
