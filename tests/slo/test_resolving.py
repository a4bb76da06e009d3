"""What an SLI counts, by what the pages show."""

import pytest

from slo import (
    LatencySli,
    NoSuchEdge,
    RatioSli,
    Threshold,
    ThresholdSli,
    UnsupportedSpec,
    parse_selectors,
    resolve_sli,
)

QUANTILES = [("seconds", {"quantile": "0.5"}), ("seconds", {"quantile": "0.99"})]
BUCKETS = [("seconds_bucket", {"le": "0.5"}), ("seconds_bucket", {"le": "+Inf"})]


def latency(query: str) -> LatencySli:
    return LatencySli(histogram=parse_selectors(query)[0], limit=0.5)


def gauge(query: str) -> ThresholdSli:
    limit = Threshold(operator="lt", limit=0.5)
    return ThresholdSli(series=parse_selectors(query), threshold=limit)


def test_a_ratio_is_what_it_is() -> None:
    ratio = RatioSli(good=parse_selectors("a"), total=parse_selectors("b"))
    assert resolve_sli(ratio, []) is ratio


def test_buckets_make_a_histogram_whatever_else_has_its_name() -> None:
    found = resolve_sli(latency("seconds"), [*BUCKETS, ("seconds", {})])
    assert str(found) == 'good seconds_bucket{le="0.5"} of seconds_count'


def test_a_name_without_buckets_is_a_gauge() -> None:
    found = resolve_sli(latency("seconds"), [("seconds", {"gpu": "0"})])
    assert str(found) == "seconds <= 0.5"


def test_what_no_page_shows_is_no_gauge() -> None:
    with pytest.raises(NoSuchEdge, match="none was seen yet"):
        resolve_sli(latency("seconds"), [("minutes", {})])


@pytest.mark.parametrize("sli", [latency("seconds"), gauge("other + seconds")])
def test_a_summary_is_refused_until_a_quantile_is_named(sli: LatencySli | ThresholdSli) -> None:
    with pytest.raises(UnsupportedSpec, match=r'Name one: seconds\{quantile="0.99"\}'):
        resolve_sli(sli, QUANTILES)


@pytest.mark.parametrize("make", [latency, gauge])
def test_a_quantile_that_was_chosen_is_a_gauge(make: object) -> None:
    found = resolve_sli(make('seconds{quantile="0.99"}'), QUANTILES)
    assert isinstance(found, ThresholdSli)
