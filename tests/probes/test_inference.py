"""Does a version know an answer that we know?"""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.errors import InvalidGolden
from probes.inference import MAX_ANSWER_BYTES, Golden, ask_golden, judge_answer, read_golden

REQUEST = {"inputs": [{"name": "x", "data": [1, 2]}]}
BY_PLACE = Golden(request=orjson.dumps(REQUEST), output="y", argmax=1)
BY_VALUE = Golden(request=b"{}", output="y", data=(0.1, 0.9), tolerance=0.01)


def answer(data: object, name: str = "y") -> bytes:
    return orjson.dumps({"outputs": [{"name": name, "data": data}]})


def golden_file(**expect: object) -> bytes:
    return orjson.dumps({"request": REQUEST, "expect": {"output": "y", **expect}})


def test_a_golden_file_is_read():
    assert read_golden(golden_file(argmax=1)) == BY_PLACE
    by_value = read_golden(golden_file(data=[1, 2.5], tolerance=0.5))
    assert (by_value.data, by_value.tolerance) == ((1.0, 2.5), 0.5)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        pytest.param(b"not json", "No golden question", id="no JSON"),
        pytest.param(b"[]", "Write request and expect", id="no mapping"),
        pytest.param(b"{}", "KeyError", id="no request"),
        pytest.param(golden_file(), "exactly one of argmax and data", id="nothing expected"),
        pytest.param(golden_file(argmax=1, data=[1]), "exactly one of", id="both expected"),
        pytest.param(golden_file(argmax="first"), "No golden", id="a place that is none"),
        pytest.param(golden_file(data=["x"]), "No golden", id="values that are none"),
    ],
)
def test_a_file_that_is_no_golden_question_is_refused(text, advice):
    with pytest.raises(InvalidGolden, match=advice):
        read_golden(text)


@pytest.mark.parametrize(
    ("golden", "body", "ok", "reason"),
    [
        pytest.param(BY_PLACE, answer([0.1, 0.9]), True, "argmax 1, known 1", id="the place"),
        pytest.param(BY_PLACE, answer([[0.9, 0.1]]), False, "argmax 0, known 1", id="another one"),
        pytest.param(BY_VALUE, answer([0.1, 0.905]), True, "0.01 allowed", id="near enough"),
        pytest.param(BY_VALUE, answer([0.1, 0.95]), False, "at most 0.05 apart", id="too far"),
        pytest.param(BY_VALUE, answer([0.1]), False, "1 values, 2 known", id="too few"),
        pytest.param(BY_PLACE, answer([]), False, "has 0 values", id="none at all"),
        pytest.param(BY_PLACE, answer([None, 1]), False, "not all are finite", id="no number"),
        pytest.param(BY_PLACE, answer([1], name="z"), False, "no output 'y'", id="another output"),
        pytest.param(BY_PLACE, b"[]", False, "no output", id="another document"),
        pytest.param(BY_PLACE, b"<html>", False, "no output", id="no JSON"),
        pytest.param(BY_PLACE, answer("ab"), False, "no output", id="no array"),
        pytest.param(BY_PLACE, answer([[1], [1, 2]]), False, "no output", id="a ragged array"),
    ],
)
def test_an_answer_is_judged(golden, body, ok, reason):
    found, why = judge_answer(body, golden)
    assert found is ok
    assert reason in why


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(0, 1))
def test_the_known_answer_is_always_near_enough_to_itself(data, tolerance):
    golden = Golden(request=b"{}", output="y", data=tuple(data), tolerance=tolerance)
    assert judge_answer(answer(data), golden)[0] is True


@pytest.mark.anyio
async def test_a_question_is_asked_as_synthetic_and_its_answer_compared(session, serve, http):
    asked: list[bytes] = []
    async with serve(http(answer([0.1, 0.9])), asked=asked) as url:
        found = await ask_golden(session, url, BY_PLACE, deadline=5.0)
    assert found.ok is True
    assert b"x-synthetic: true" in asked[0].lower()
    assert asked[0].endswith(BY_PLACE.request)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "ok", "reason"),
    [
        ("500 Oops", False, "HTTP 500"),
        ("307 Elsewhere", False, "HTTP 307"),
        ("429 Later", None, "HTTP 429: too busy to be asked"),
    ],
)
async def test_a_status_is_an_answer_too(session, serve, http, *, status, ok, reason):
    async with serve(http(b"", status=status, location="http://127.0.0.1:1/")) as url:
        found = await ask_golden(session, url, BY_PLACE, deadline=5.0)
    assert (found.ok, found.reason) == (ok, reason)


@pytest.mark.anyio
async def test_an_answer_without_end_is_not_read_to_its_end(session, serve, http):
    piece = b" " * (MAX_ANSWER_BYTES // 4)
    async with serve(http(b"", framed=False), *[piece] * 8) as url:
        found = await ask_golden(session, url, BY_PLACE, deadline=5.0)
    assert found.ok is False


@pytest.mark.anyio
async def test_silence_says_nothing_about_the_answer(session, serve, http):
    async with serve(http(b""), pause=5.0) as url:
        found = await ask_golden(session, url, BY_PLACE, deadline=0.05)
    assert (found.ok, found.reason) == (None, "no answer within 0.05 s")


@pytest.mark.anyio
async def test_a_closed_port_is_no_answer(session, serve):
    async with serve() as url:
        pass
    found = await ask_golden(session, url, BY_PLACE, deadline=5.0)
    assert found.ok is False
    assert found.reason.startswith("no connection: ")
