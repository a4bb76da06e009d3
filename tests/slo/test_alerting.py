"""Whether a burn is reason to call someone."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import (
    WORKBOOK,
    BurnRule,
    Counts,
    EvidenceGate,
    Objective,
    Severity,
    evaluate,
    rules_for,
)
from slo.alerting import evaluate_rule

THREE_NINES = Objective(target=0.999, window=timedelta(days=30))
PAGE = WORKBOOK[0]
GATE = EvidenceGate()
NOTHING = Counts(good=0, total=0)


def of(bad: int, total: int) -> Counts:
    return Counts(good=total - bad, total=total)


@pytest.mark.parametrize(
    ("long", "short", "firing", "reason"),
    [
        pytest.param(
            of(200, 10_000),
            of(20, 1_000),
            True,
            "200 bad of 10000 within 1 h burn 20.0x (limit 14.4x)",
            id="both windows burn",
        ),
        pytest.param(
            of(10, 10_000),
            of(20, 1_000),
            False,
            "burns 1.0x over 1 h (limit 14.4x)",
            id="a short burst alone is let go",
        ),
        pytest.param(
            of(200, 10_000),
            of(0, 1_000),
            False,
            "burnt 20.0x over 1 h, and stopped (limit 14.4x)",
            id="what stopped is not called for",
        ),
        pytest.param(
            of(1, 10),
            of(1, 1),
            False,
            "1 bad of 10 may still be chance (limit 14.4x)",
            id="one failure at low traffic is chance",
        ),
        pytest.param(
            NOTHING,
            NOTHING,
            None,
            "no traffic within 1 h (limit 14.4x)",
            id="no traffic is no health and no alarm",
        ),
        pytest.param(
            of(200, 10_000),
            NOTHING,
            None,
            "burnt 20.0x, then no traffic for 5 min (limit 14.4x)",
            id="a service that vanished while it burnt is not cleared",
        ),
        pytest.param(
            of(10, 10_000),
            NOTHING,
            False,
            "burns 1.0x over 1 h (limit 14.4x)",
            id="a quiet moment of a healthy service is health",
        ),
    ],
)
def test_one_rule(long, short, firing, reason):
    found = evaluate_rule(PAGE, long, short, THREE_NINES, GATE)
    assert (found.firing, found.reason) == (firing, reason)
    assert found.severity is Severity.PAGE


def test_each_severity_is_spoken_for_by_its_most_urgent_rule():
    counts = {rule.long: of(0, 10_000) for rule in WORKBOOK} | {
        rule.short: of(0, 1_000) for rule in WORKBOOK
    }
    counts |= {timedelta(hours=6): of(900, 100_000), timedelta(minutes=30): of(90, 9_000)}
    found = evaluate(WORKBOOK, counts.__getitem__, THREE_NINES, GATE)
    assert found["page"].rule is WORKBOOK[1]
    assert found["page"].firing is True
    assert found["ticket"].firing is False
    assert list(found) == ["page", "ticket"]


def test_a_rule_that_knows_speaks_before_one_that_does_not():
    counts = {rule.long: NOTHING for rule in WORKBOOK} | {rule.short: NOTHING for rule in WORKBOOK}
    counts[timedelta(hours=6)] = of(0, 10)
    found = evaluate(WORKBOOK, counts.__getitem__, THREE_NINES, GATE)
    assert found["page"].rule is WORKBOOK[1]
    assert found["ticket"].firing is None


@pytest.mark.parametrize(
    ("long", "spelt"),
    [
        (timedelta(days=2), "2 d"),
        (timedelta(seconds=90), "90 s"),
        (timedelta(seconds=2.5), "2.5 s"),
    ],
)
def test_lengths_are_spelt_for_people(long, spelt):
    rule = BurnRule(severity=Severity.TICKET, long=long, short=long, budget_share=0.1)
    decision = evaluate_rule(rule, NOTHING, NOTHING, THREE_NINES, GATE)
    assert decision.reason.startswith(f"no traffic within {spelt} ")


@given(st.integers(0, 2_000), st.integers(0, 400))
def test_more_failures_never_silence_an_alert(bad, more):
    long, worse = of(bad, 10_000), of(bad + more, 10_000)
    before = evaluate_rule(PAGE, long, long, THREE_NINES, GATE)
    after = evaluate_rule(PAGE, worse, worse, THREE_NINES, GATE)
    assert after.firing or not before.firing


def test_the_gate_ends_false_pages_at_low_traffic_and_keeps_outages():
    """A week at one request a minute, at half the allowed errors; then an outage of ten minutes."""
    rng, rules = (
        np.random.default_rng(20_261_123),
        rules_for(THREE_NINES.window, resolution=timedelta(minutes=1)),
    )
    minutes = 7 * 24 * 60
    total = np.concatenate(([0], np.cumsum(rng.poisson(1.0, minutes))))
    bad = np.concatenate(([0], np.cumsum(rng.binomial(np.diff(total), 0.0005))))

    def pages(gate: EvidenceGate, extra_bad: int) -> int:
        fired = 0
        for now in range(60, minutes, 5):

            def counts(length: timedelta, now: int = now) -> Counts:
                since = max(0, now - round(length.total_seconds() / 60))
                failed = int(bad[now] - bad[since]) + extra_bad
                return of(failed, int(total[now] - total[since]) + extra_bad)

            fired += evaluate(rules, counts, THREE_NINES, gate)["page"].firing is True
        return fired

    anything = EvidenceGate(chance=1.0, min_bad=1)
    assert pages(anything, 0) > 0
    assert pages(GATE, 0) == 0
    assert pages(GATE, 10) == len(range(60, minutes, 5))
