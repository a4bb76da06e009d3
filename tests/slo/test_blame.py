"""Blame adds up to the whole, whatever the labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import Counts, InvalidSpec, Ledger, Split, blame, parse_selectors, part_values

LABELS = ("model", "version", "node")
VALUES = st.tuples(st.sampled_from("abc"), st.sampled_from("12"), st.sampled_from("xyz"))
TREES = st.dictionaries(VALUES, st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=12)


def counts_of(pair: tuple[int, int]) -> Counts:
    return Counts(good=pair[0], total=sum(pair))


@given(TREES, st.tuples(st.integers(0, 9), st.integers(0, 9)), st.sets(st.sampled_from(LABELS)))
def test_parts_add_up_to_the_whole_on_any_tree(tree, besides, by):
    parts = {values: counts_of(pair) for values, pair in tree.items()}
    good = sum(pair[0] for pair in tree.values()) + besides[0]
    whole = Counts(good=good, total=good + sum(pair[1] for pair in tree.values()) + besides[1])
    found = blame(parts, whole, labels=LABELS, by=sorted(by))
    assert sum(each.bad for each in found) == whole.bad
    assert sum(each.total for each in found) == whole.total
    assert sum(each.excess for each in found) == pytest.approx(0.0, abs=1e-6)
    if whole.bad and found:
        assert sum(each.share_of_bad for each in found) == pytest.approx(1.0)


@given(
    st.lists(
        st.dictionaries(VALUES, st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1),
        min_size=2,
        max_size=8,
    ),
    st.integers(1, 6),
    st.integers(0, 7),
)
def test_what_the_ledger_counts_apart_adds_up_through_late_splits_and_restarts(
    pages, limit, split_at
):
    """Series come and go; the split is asked for later than the SLO; the limit is small."""
    ledger, counters = Ledger(), {}
    split = Split(labels=("model", "version"), group="x", limit=limit)
    for number, page in enumerate(pages):
        if number == len(pages) // 2:
            ledger = Ledger.restore(ledger.snapshot())
        wanted = split if number >= split_at else None
        ledger.define("part", parse_selectors('n{code="bad"}'), split=wanted)
        ledger.define("total", parse_selectors("n"), split=wanted)
        if number == split_at:
            before = ledger.value("part"), ledger.value("total")
        for values, (good, bad) in page.items():
            for code, more in (("ok", good), ("bad", bad)):
                counters[*values, code] = counters.get((*values, code), 0) + more
        shown = [
            ("n", dict(zip((*LABELS, "code"), values, strict=True)))
            for values in counters
            if values[:3] in page
        ]
        figures = [float(value) for values, value in counters.items() if values[:3] in page]
        ledger.observe("a", shown, np.array(figures), started=None, watched_since=0.0)
    if split_at >= len(pages):
        return
    for key, was in zip(("part", "total"), before, strict=True):
        parts = part_values(ledger.sums.columns, key)
        assert sum(ledger.value(part) for part in parts.values()) == ledger.value(key) - was
        assert len(parts) <= limit + 1


def test_who_has_more_than_its_share_comes_first():
    parts = {("big",): counts_of((9_000, 90)), ("small",): counts_of((50, 50))}
    found = blame(parts, Counts(good=9_050, total=9_190), labels=("model",))
    assert [each.values for each in found] == [("small",), ("big",)]
    assert found[0].share_of_bad == pytest.approx(50 / 140)


def test_the_rest_and_what_is_not_told_apart_have_names_of_their_own():
    found = blame({("*",): counts_of((1, 1))}, Counts(good=2, total=4), labels=("m",), by=["m"])
    assert {each.values for each in found} == {("(others)",), ("(not told apart)",)}


def test_a_label_that_is_not_looked_at_is_refused():
    with pytest.raises(InvalidSpec, match="by 'tenant'; known labels: model"):
        blame({}, Counts(good=0, total=0), labels=("model",), by=["tenant"])
