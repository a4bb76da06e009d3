"""Answers that no engine gives: told as such, never counted, and never waited for without end."""

import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from controlplane.engines.native_samples import NativeSamples
from controlplane.engines.prometheus import PrometheusEngine
from controlplane.errors import EngineError
from slo import parse_selectors

SELECTORS = parse_selectors("n")
METRIC = {"__name__": "n", "job": "j", "instance": "a"}
NAN, FAR = float("nan"), 4e9


def engine_of(answer: Callable[[httpx.Request], httpx.Response], **how: float) -> PrometheusEngine:
    return PrometheusEngine("http://engine", transport=httpx.MockTransport(answer), **how)


def saying(data: object, **more: object) -> PrometheusEngine:
    body = {"status": "success", "data": data, **more}
    return engine_of(lambda _: httpx.Response(200, json=body))


def of(**shown: object) -> dict[str, object]:
    return {"resultType": "matrix", "result": [{"metric": METRIC, **shown}]}


@pytest.mark.parametrize(
    "data",
    [
        None,
        7,
        "text",
        {"result": 7},
        {"result": [7]},
        {"result": [{"values": [[1.0, "1"]]}]},
        {"result": [{"metric": {"job": "j"}, "values": [[1.0, "1"]]}]},
        {"result": [{"metric": {"__name__": "n", "job": 7}, "values": [[1.0, "1"]]}]},
        of(values=[[1.0]]),
        of(values=[[1.0, "much"]]),
        of(values=[["late", "1"]]),
        of(values=[[1.0, [2]]]),
        of(histograms=[[1.0, {"count": "some"}]]),
        of(histograms=[[1.0, {"count": "1", "buckets": [[0, "1"]]}]]),
    ],
    ids=str,
)
def test_samples_of_no_known_shape_are_told(data) -> None:
    with pytest.raises(EngineError, match="none of Prometheus's API"):
        saying(data).raw(SELECTORS, since=0.0, until=60.0, natives=NativeSamples([0.5]))


@pytest.mark.parametrize(
    "data", [7, "text", {"a": 1}, [7], [{"job": "j"}], [{"__name__": 7}]], ids=str
)
def test_series_of_no_known_shape_are_told(data) -> None:
    with pytest.raises(EngineError, match="none of Prometheus's API"):
        saying(data).shown(SELECTORS, since=0.0, until=60.0)


def test_warnings_may_be_anything() -> None:
    found = saying(of(values=[[1.0, "1"]]), warnings=[{"a": 1}]).raw(
        SELECTORS, since=0.0, until=60.0
    )
    assert found.warnings == ("{'a': 1}",)


def test_samples_of_other_times_twice_or_out_of_order_are_counted_once_or_not() -> None:
    values = [[30.0, "3"], [15.0, "1"], [FAR, "9"], [30.0, "4"], [-5.0, "0"], [45.0, "NaN"]]
    result = [{"metric": METRIC, "values": values}] * 2
    (series,) = saying({"result": result}).raw(SELECTORS, since=0.0, until=60.0).series
    assert (series.times.tolist(), series.values.tolist()) == ([15.0, 30.0], [1.0, 3.0])


@pytest.mark.parametrize(
    ("at", "count", "buckets"),
    [
        (FAR, "1", [[0, "0.25", "0.5", "1"]]),
        (NAN, "1", [[0, "0.25", "0.5", "1"]]),
        (30.0, "NaN", [[0, "0.25", "0.5", "1"]]),
        (30.0, "-1", [[0, "0.25", "0.5", "1"]]),
        (30.0, "1e300", [[0, "0.25", "0.5", "1"]]),
        (30.0, "1", [[0, "0.25", "0.5", "Inf"]]),
        (30.0, "1", [[0, "NaN", "0.5", "1"]]),
    ],
    ids=str,
)
def test_histograms_that_cannot_be_are_passed_over(at, count, buckets) -> None:
    natives = NativeSamples([0.5])
    good = {"count": "2", "buckets": [[0, "0.25", "0.5", "2"]]}
    shown = [[15.0, good], [at, {"count": count, "buckets": buckets}], [45.0, good]]
    natives.gather([{"metric": METRIC, "histograms": shown}], until=60.0)
    assert [each.times.tolist() for each in natives.series()] == [[15.0, 45.0]] * 3
    assert {tuple(each.values) for each in natives.series()} == {(2.0, 2.0)}


def test_what_comes_drop_by_drop_is_not_waited_for() -> None:
    def drops() -> Iterator[bytes]:
        while True:
            time.sleep(0.005)
            yield b" "

    engine = engine_of(lambda _: httpx.Response(200, content=drops()), deadline=0.02)
    with pytest.raises(EngineError, match="did not end its answer within"):
        engine.raw(SELECTORS, since=0.0, until=3600.0)
    with pytest.raises(EngineError, match="did not end its answer"):
        engine.shown(SELECTORS, since=0.0, until=3600.0)


def test_other_addresses_are_not_followed() -> None:
    engine = engine_of(lambda _: httpx.Response(302, headers={"location": "http://10.0.0.1/"}))
    with pytest.raises(EngineError, match="answered HTTP 302"):
        engine.shown(SELECTORS, since=0.0, until=60.0)
