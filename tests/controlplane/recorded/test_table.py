from itertools import pairwise

import numpy as np
import pytest

from controlplane.errors import EngineError, InvalidConfig
from controlplane.recorded import Compared, Period, matchers_of, take


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "data.csv"
        path.write_text(text)
        return str(path)

    return write


def no_engine(url):
    raise AssertionError(url)


def both(path, compared=None):
    arms = [
        Period(place=path, matchers=matchers_of(f'arm="{arm}"')) for arm in ("canary", "baseline")
    ]
    return take(*arms, compared or Compared(), no_engine)


WIDE = """time,arm,replica,total,errors
10,canary,c,100,3
10,baseline,b,300,1
20,canary,c,100,2
20,baseline,b,300,
"""
LONG = """timestamp,arm,instance,metric,value
2026-01-31T00:00:10Z,canary,c,total,100
2026-01-31T00:00:10Z,canary,c,errors,3
2026-01-31T00:00:10Z,baseline,b,total,300
2026-01-31T00:00:20Z,baseline,b,total,300
2026-01-31T00:00:20Z,canary,c,total,100
"""


def test_counts_are_added_by_tick_and_replica(written) -> None:
    found = both(written(WIDE)).recording
    assert found.ends.tolist() == [10.0, 20.0]
    (errors,) = found.metrics
    assert errors.canary.counts[:, 0].tolist() == [[100, 3], [100, 2]]
    assert errors.baseline.counts[:, 0].tolist() == [[300, 1], [300, 0]]


def test_a_mark_of_the_byte_order_is_no_part_of_a_column(written) -> None:
    (errors,) = both(written("\ufeff" + WIDE)).recording.metrics
    assert errors.canary.counts[:, 0].tolist() == [[100, 3], [100, 2]]


def test_a_long_table_says_the_same(written) -> None:
    (errors,) = both(written(LONG)).recording.metrics
    assert errors.canary.counts[:, 0].tolist() == [[100, 3], [100, 0]]
    assert errors.canary.replicas == ("c",)


def test_samples_are_counted_on_a_fine_grid(written) -> None:
    rng = np.random.default_rng(1)
    lines = [
        f"{at},{arm},{rng.lognormal(-2.5, 0.4):.5f},{int(at % 50 == 7)}"
        for arm in ("canary", "baseline")
        for at in range(100)
    ]
    lines.insert(0, "time,arm,latency,failed")
    found = both(written("\n".join(lines)), Compared(bad="failed", samples=("latency",))).recording
    errors, latency = found.metrics
    assert errors.canary.counts.sum(axis=0)[0].tolist() == [100, 2]
    edges = latency.metric.edges
    assert all(high / low == pytest.approx(1.08, rel=1e-4) for low, high in pairwise(edges))
    assert latency.canary.counts[:, 0, 0].sum() == 100
    assert latency.canary.counts[:, 0, 1].sum() <= 100
    assert (np.diff(latency.canary.counts[:, 0, 1:], axis=1) <= 0).all()
    assert found.ends.max() <= 120
    for counted in (errors, latency):
        assert counted.canary.counts[:, 0, 0].tolist() == [1, *[10] * 9, 9]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("arm,total\n", "no column `time`"),
        ("time,arm,total,errors\nsoon,canary,1,0\n", "is no time"),
        ("time,arm,total,errors\nnan,canary,1,0\n", "is no time"),
        ("time,arm,total,errors\n1,canary,many,0\n", "is no number"),
        ("time,arm,total,errors\n1,canary,1e30,0\n", "is more than"),
        ("time,arm,total,errors\n1,canary,inf,0\n", "is more than"),
        ("time,arm,total,errors\n1,canary,1,-1\n", "below zero"),
        ("time,arm,total,errors\n1,canary,1,2\n", "more errors than requests"),
        ("time,arm,total,errors\n1,canary,1,1,9\n", "more cells than columns"),
    ],
)
def test_a_table_that_cannot_be_is_refused_with_its_place(written, text, says) -> None:
    with pytest.raises(EngineError, match=says):
        both(written(text))


def test_what_is_not_there_is_told(written, tmp_path) -> None:
    with pytest.raises(EngineError, match="no column wrong; it has arm, errors"):
        both(written(WIDE), Compared(bad="wrong", total="total"))
    with pytest.raises(EngineError, match="cannot be read"):
        both(str(tmp_path / "none.csv"))
    with pytest.raises(InvalidConfig, match="Nothing is compared"):
        both(written("time,arm,latency\n1,canary,2\n"))
    with pytest.raises(InvalidConfig, match="no histograms"):
        both(written(WIDE), Compared(histograms=("h",)))
    with pytest.raises(InvalidConfig, match="no latency above zero"):
        both(written("time,arm,latency\n1,canary,0\n"), Compared(samples=("latency",)))


def test_a_time_is_cut_out(written) -> None:
    path = written(WIDE)
    canary = Period(place=path, matchers=matchers_of('{arm="canary"}'), until=15)
    baseline = Period(place=path, matchers=matchers_of('arm="baseline"'), since=15)
    found = take(canary, baseline, Compared(), no_engine)
    assert found.recording.metrics[0].canary.counts[:, 0].tolist() == [[100, 3]]


def test_a_zero_among_latencies_adds_no_edges(written) -> None:
    rows = [
        f"{at},{arm},{0 if at == 5 else 0.1 + at / 1000}"
        for arm in ("canary", "baseline")
        for at in range(600)
    ]
    path = written("\n".join(["time,arm,latency", *rows]))
    (latency,) = both(path, Compared(samples=("latency",))).recording.metrics
    assert len(latency.metric.edges) < 30
    assert latency.canary.counts[:, 0, 0].sum() == 600
    assert latency.canary.counts[0, 0, 1] < 10


def test_a_time_without_requests_is_no_silence_where_each_row_is_one(written) -> None:
    rows = [
        f"{at},{arm},0.1" for arm, end in (("canary", 400), ("baseline", 600)) for at in range(end)
    ]
    path = written("\n".join(["time,arm,latency", *rows]))
    assert both(path, Compared(samples=("latency",))).recording.seen_until is None
