"""Figures that are given anew for each period."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import Ledger, Selector

CALLS = (("calls", {"f": "a"}), ("calls", {"f": "b"}), ("other", {}))
NAN = float("nan")


def ledger() -> Ledger:
    found = Ledger()
    found.define("calls", (Selector(name="calls"),), periodic=True)
    return found


def show(found: Ledger, values: list[float], stamps: list[float] | None, *, since: float = 0.0):
    return found.observe(
        "page",
        CALLS,
        np.array(values),
        started=None,
        watched_since=since,
        stamps=None if stamps is None else np.array(stamps),
    )


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 1000), st.integers(0, 30), st.integers(0, 9)),
        max_size=30,
    )
)
def test_each_period_of_each_series_counts_once(pages):
    """The oracle keeps every period by name; a period that comes after a later one is too late."""
    found, oracle = ledger(), {}
    for at_a, value_a, at_b, value_b in pages:
        show(found, [value_a, value_b, 5.0], [float(at_a), float(at_b), 9.0])
        for name, at, value in (("a", at_a, value_a), ("b", at_b, value_b)):
            if at > max([0, *(moment for who, moment in oracle if who == name)]):
                oracle[name, at] = value
    assert found.value("calls") == sum(oracle.values())
    again = Ledger.restore(found.snapshot())
    again.define("calls", (Selector(name="calls"),), periodic=True)
    for at_a, value_a, at_b, value_b in pages:
        show(again, [value_a, value_b, 5.0], [float(at_a), float(at_b), 9.0])
    assert again.value("calls") == found.value("calls")


def test_what_was_over_before_watching_is_not_counted():
    found = ledger()
    assert show(found, [5.0, 5.0, 0.0], [100.0, 101.0, NAN], since=100.0).periods[0].at == 101.0
    assert found.value("calls") == 5.0


@pytest.mark.parametrize(
    ("value", "refused"), [(NAN, 0), (-1.0, 1), (float("inf"), 1), (2.0**54, 1)]
)
def test_what_is_no_count_is_passed_over(value, refused):
    found = ledger()
    assert show(found, [value, 2.0, 0.0], [1.0, 1.0, 1.0]).refused == refused
    assert found.value("calls") == 2.0
    show(found, [3.0, 2.0, 0.0], [1.0, 1.0, 1.0])
    assert found.value("calls") == 5.0


@pytest.mark.parametrize("stamps", [None, [NAN, NAN, 1.0]])
def test_figures_without_a_time_are_not_counted_and_told(stamps):
    found = ledger()
    assert show(found, [5.0, 5.0, 0.0], stamps).untimed == 2
    assert found.value("calls") == 0.0


def test_a_figure_that_falls_is_no_reset():
    found = ledger()
    show(found, [100.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    show(found, [3.0, 0.0, 0.0], [2.0, 2.0, 2.0])
    assert found.value("calls") == 103.0


def test_a_tally_that_is_gone_is_forgotten():
    found = ledger()
    show(found, [5.0, 5.0, 0.0], [1.0, 1.0, 1.0])
    found.undefine("calls")
    assert found.value("calls") == 0.0
