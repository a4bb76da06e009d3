"""Native histograms of an engine's answers: pieces that overlap, series that come late, floats beside them."""

from urllib.parse import parse_qs

import httpx
import pytest

from controlplane.engines.native_samples import NativeSamples
from controlplane.engines.prometheus import EnginePast, PrometheusEngine
from controlplane.errors import EngineError
from slo import read_openslo

SLO = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: fast}
spec:
  service: chat
  indicator:
    metadata: {name: seconds}
    spec: {thresholdMetric: {metricSource: {type: Prometheus, spec: {query: 'seconds{model="m"}'}}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 1d, isRolling: true}]
  objectives: [{op: lte, value: 0.5, target: 0.9}]
"""
LABELS = {"__name__": "seconds", "model": "m", "job": "chat"}


def histogram(at: float, *held: tuple[float, float, int]) -> list:
    rows = [[0, str(left), str(right), str(count)] for left, right, count in held]
    return [at, {"count": str(sum(count for *_, count in held)), "sum": "1", "buckets": rows}]


def result(*histograms: list, instance: str = "a", **more: object) -> dict:
    return {"metric": LABELS | {"instance": instance}, "histograms": list(histograms), **more}


def past_of(*results: dict, until: float = 3600.0):
    """What an engine makes of an SLO that answers every piece with the samples that lie in it."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = {key: value[0] for key, value in parse_qs(request.content.decode()).items()}
        if request.url.path.endswith("series"):
            return httpx.Response(200, json={"status": "success", "data": [LABELS]})
        end = float(asked["time"])
        begin = end - float(asked["query"].split("[")[1].removesuffix("ms]")) / 1e3
        found = []
        for each in results:
            parts = {
                key: [sample for sample in each.get(key, ()) if begin <= sample[0] <= end]
                for key in ("values", "histograms")
            }
            filled = {key: value for key, value in parts.items() if value}
            if filled:
                found.append({"metric": each["metric"], **filled})
        data = {"resultType": "matrix", "result": found}
        return httpx.Response(200, json={"status": "success", "data": data})

    past = EnginePast(PrometheusEngine("http://engine", transport=httpx.MockTransport(answer)))
    (slo,) = read_openslo(SLO)
    try:
        return past.of(slo, since=0.0, until=until, progress=lambda _: None)
    finally:
        past.close()


FAST, SLOW, AMID = (0.25, 0.5, 1), (0.5, 1.0, 1), (0.25, 1.0, 1)


def test_a_histogram_wins_over_readings_of_the_same_name():
    shown = result(
        histogram(60.0, FAST),
        histogram(120.0, (0.25, 0.5, 3), SLOW),
        values=[[30.0, "0.1"], [60.0, "0.1"]],
    )
    counts = past_of(shown).counts
    # The readings show that its source was there before, so its first sample is new as a whole.
    assert (counts.bad[-1], counts.total[-1]) == (1, 4)


def test_what_two_pieces_bring_is_counted_once():
    edge = 6 * 3600.0
    shown = result(
        histogram(60.0, FAST), histogram(edge, (0.25, 0.5, 3)), histogram(edge + 60, (0.25, 0.5, 4))
    )
    counts = past_of(shown, until=8 * 3600.0).counts
    assert (counts.bad[-1], counts.total[-1]) == (0, 3)


def test_histograms_of_several_replicas_add_up():
    found = past_of(
        result(histogram(60.0, FAST), histogram(120.0, (0.25, 0.5, 2))),
        result(histogram(61.0, SLOW), histogram(121.0, (0.5, 1.0, 5)), instance="b"),
    )
    assert (found.counts.bad[-1], found.counts.total[-1]) == (4, 5)


def test_events_around_the_limit_from_before_do_not_matter():
    found = past_of(result(histogram(60.0, AMID), histogram(120.0, AMID, (0.1, 0.25, 2))))
    assert (found.counts.bad[-1], found.counts.total[-1]) == (0, 2)
    assert not [note for note in found.notes if "lie between" in note]


def test_events_around_the_limit_are_refused_with_the_edges():
    shown = result(histogram(60.0, FAST), histogram(120.0, FAST, (0.25, 1.0, 3)))
    with pytest.raises(
        EngineError, match=r"Use one of 0\.25, 1\. 3 of 3 events lie between 0\.25 and 1\.0"
    ):
        past_of(shown)


def test_without_a_limit_a_histogram_has_no_reading():
    with pytest.raises(EngineError, match="has no readings"):
        NativeSamples(()).gather([result(histogram(60.0, FAST))], until=60.0)
    NativeSamples(()).gather([{"metric": LABELS, "values": [[1.0, "2"]]}], until=60.0)
