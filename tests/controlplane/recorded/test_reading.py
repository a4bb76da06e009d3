import json

import httpx
import pytest

from controlplane.engines.prometheus import PrometheusEngine
from controlplane.errors import InvalidConfig
from controlplane.recorded import Compared, Period, matchers_of, take

ERRORS = Compared(bad='r{code="500"}', total="r")


def dump(tmp_path, name="both.om"):
    lines = []
    for tick in range(4):
        at = 1000 + 15 * tick
        for version, step in (("1", 100), ("2", 10)):
            for code, per in (("200", step), ("500", step // 10)):
                labels = f'version="{version}",code="{code}",instance="i{version}"'
                lines.append(f"r{{{labels}}} {per * tick} {at}")
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n# EOF\n")
    return path


def arm(place, version, **times):
    return Period(place=str(place), matchers=matchers_of(f'version="{version}"'), **times)


def no_engine(url):
    raise AssertionError(url)


def counts(taken):
    (errors,) = taken.recording.metrics
    return errors.canary.counts[:, 0].tolist(), errors.baseline.counts[:, 0].tolist()


def test_one_dump_holds_both_arms(tmp_path) -> None:
    path = dump(tmp_path)
    taken = take(arm(path, "2"), arm(path, "1"), ERRORS, no_engine)
    assert counts(taken) == ([[11, 1]] * 3, [[110, 10]] * 3)


def test_a_time_may_tell_the_arms_apart(tmp_path) -> None:
    path = dump(tmp_path)
    taken = take(arm(path, "1", since=1030), arm(path, "1", until=1015), ERRORS, no_engine)
    assert counts(taken) == ([[110, 10]], [[110, 10]])
    assert not taken.recording.side_by_side


def test_an_engine_is_asked_for_the_samples_of_each_arm() -> None:
    asked = []

    def answer(request):
        query = httpx.QueryParams(request.content.decode())["query"]
        asked.append(query)
        version = "2" if 'version="2"' in query else "1"
        code = "500" if "code=" in query else "200"
        step = {"1": 100, "2": 10}[version] // (10 if code == "500" else 1)
        result = [
            {
                "metric": {"__name__": "r", "code": code, "version": version, "instance": version},
                "values": [[1000 + 15 * tick, str(step * tick)] for tick in range(4)],
            }
        ]
        body = {"status": "success", "warnings": ["slow"], "data": {"result": result}}
        return httpx.Response(200, content=json.dumps(body))

    def engine(url):
        return PrometheusEngine(url, transport=httpx.MockTransport(answer))

    when = {"since": 990.0, "until": 1050.0}
    taken = take(
        arm("http://engine", "2", **when), arm("http://engine", "1", **when), ERRORS, engine
    )
    assert counts(taken)[0] == [[11, 1]] * 3
    assert taken.notes == ("the engine warns: slow",)
    assert any('r{code="500",version="2"}' in query for query in asked)


@pytest.mark.parametrize(
    ("compared", "says"),
    [
        (Compared(), "Nothing is compared"),
        (Compared(bad="r"), "go together"),
        (Compared(samples=("latency",)), "--samples names columns"),
        (Compared(bad="r{", total="r"), "breaks off"),
    ],
)
def test_what_is_asked_for_must_make_sense(tmp_path, compared, says) -> None:
    path = dump(tmp_path)
    with pytest.raises(InvalidConfig, match=says):
        take(arm(path, "2"), arm(path, "1"), compared, no_engine)


def test_a_table_and_counters_are_not_compared(tmp_path) -> None:
    with pytest.raises(InvalidConfig, match="not one with the other"):
        take(arm(dump(tmp_path), "2"), arm("x.csv", "1"), ERRORS, no_engine)


def test_an_engine_needs_a_time() -> None:
    with pytest.raises(InvalidConfig, match="--since"):
        take(arm("http://e", "2"), arm("http://e", "1"), ERRORS, no_engine)


@pytest.mark.parametrize("text", ["version", 'a="1"} + b{c="2"', "a=~'x'"])
def test_conditions_that_are_none_are_refused(text) -> None:
    with pytest.raises(InvalidConfig, match="no condition"):
        matchers_of(text)
