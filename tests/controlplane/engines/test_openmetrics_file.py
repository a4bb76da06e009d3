"""Dumps as they are written by others: labels with anything in them, exemplars, lines that are none."""

from datetime import timedelta
from pathlib import Path

import pytest

from controlplane.engines import openmetrics_file
from controlplane.engines.openmetrics_file import MOST_BYTES, MOST_LINE, OpenMetricsFile
from controlplane.errors import EngineError
from slo import Counts, Objective, RatioSli, SloSpec, parse_selectors

BEGAN = 1_767_225_600


def slo(total: str, bad: str) -> SloSpec:
    return SloSpec(
        name="answers",
        service="chat",
        description="",
        objective=Objective(target=0.99, window=timedelta(days=1)),
        sli=RatioSli(bad=parse_selectors(bad), total=parse_selectors(total)),
        labels={},
    )


def counted(path: Path, total: str, bad: str) -> Counts:
    found = OpenMetricsFile(path).of(
        slo(total, bad), since=BEGAN, until=BEGAN + 3600.0, progress=lambda _: None
    )
    return found.counts.since(BEGAN - 1.0, BEGAN + 3600.0)


def dump(folder: Path, *lines: str) -> Path:
    path = folder / "dump.om"
    path.write_text("\n".join(["# TYPE requests counter", *lines, "# EOF", ""]))
    return path


AWKWARD = {
    "a space": "GET /v1/chat",
    "braces": "/users/{id}/{name}",
    "a brace that closes": "}",
    "a brace that opens": "{",
    "what begins an exemplar": "a # b",
    "a whole exemplar": 'x # {trace_id=\\"7\\"} 1 2',
    "an escaped quote": 'say \\"hello\\"',
    "an escaped quote and a brace": '\\"} 9 1767225600',
    "an escaped backslash at the end": "C:\\\\",
    "an escaped line break": "one\\ntwo",
    "a comma and an equals sign": "a,b=c",
    "other letters": "größe 大",
}
"""Values of a label, escaped as OpenMetrics and selectors both escape them."""

EXEMPLARS = {
    "none": "",
    "with a time": ' # {trace_id="7f"} 0.5 1767225601.5',
    "without": ' # {trace_id="7f"} 0.5',
    "with braces and a mark": ' # {trace_id="a # } b"} 1',
    "without labels": " # {} 1",
}


@pytest.mark.parametrize("exemplar", EXEMPLARS.values(), ids=EXEMPLARS.keys())
@pytest.mark.parametrize("value", AWKWARD.values(), ids=AWKWARD.keys())
def test_a_label_may_say_anything_and_an_exemplar_may_follow(
    value: str, exemplar: str, tmp_path: Path
) -> None:
    one, other = f'requests_total{{path="{value}",code="500"}}', 'requests_total{code="200"}'
    path = dump(
        tmp_path,
        f"{one} 3 {BEGAN}{exemplar}",
        f"{one} 10 {BEGAN + 15}{exemplar}",
        f"{other} 100 {BEGAN}{exemplar}",
        f"{other} 120 {BEGAN + 15}.5{exemplar}",
    )
    found = counted(path, "requests_total", f'requests_total{{path="{value}"}}')
    assert (found.bad, found.total) == (7, 27)


def test_comments_empty_lines_and_the_order_of_lines_make_no_difference(tmp_path: Path) -> None:
    path = dump(
        tmp_path,
        "",
        f"requests_total 9 {BEGAN + 30}",
        "# HELP requests All that came. # {not} an exemplar",
        f"  requests_total 4 {BEGAN}  ",
        "   ",
        f"requests_total 6 {BEGAN + 15}",
        f"requests_total 6 {BEGAN + 15}",
    )
    assert counted(path, "requests_total", "failures_total").total == 5


NO_SAMPLES = {
    "no time": 'requests_total{code="200"} 1',
    "more than a time": "requests_total 1 2 3",
    "no value": "requests_total",
    "a word for a value": "requests_total many 1767225600",
    "a word for a time": "requests_total 1 yesterday",
    "a quote that never closes": 'requests_total{code="200} 1 2',
    "a brace that never closes": 'requests_total{code="200" 1 2',
    "nothing between labels and value": 'requests_total{code="200"}1 2',
    "an exemplar without its mark": 'requests_total 1 2 {trace_id="7"} 1',
    "a number as Python writes it": "requests_total 1_0 1767225600",
    "a time as Python writes it": "requests_total 1 1_767_225_600",
    "digits of another script": "requests_total ١٢ 1767225600",
    "a number of another base": "requests_total 0x1F 1767225600",
    "letters of numbers that are none": "requests_total fine 1767225600",
    "a document of another kind": '{"requests_total": 1}',
    "a line beyond all measure": f'requests_total{{path="{"x" * MOST_LINE}"}} 1 2',
}


@pytest.mark.parametrize("line", NO_SAMPLES.values(), ids=NO_SAMPLES.keys())
def test_a_line_that_is_no_sample_is_refused_with_its_place(line: str, tmp_path: Path) -> None:
    path = dump(tmp_path, f"requests_total 1 {BEGAN}", "", line)
    with pytest.raises(EngineError, match=r"dump\.om:4: .* is no sample with a time") as refused:
        OpenMetricsFile(path)
    assert len(str(refused.value)) < 400
    assert refused.value.hint


NO_TIMES = {
    "not a number": ("NaN", "write"),
    "without end": ("+Inf", "write"),
    "beyond all measure": ("1e300", "write"),
    "before 1970": ("-1", "write"),
    "milliseconds": (f"{BEGAN}000", "divide them by 1000"),
    "the year 10000": ("253402300800", "divide them by 1000"),
    "nanoseconds": (f"{BEGAN}000000000", "write"),
}


@pytest.mark.parametrize(("stamp", "advice"), NO_TIMES.values(), ids=NO_TIMES.keys())
def test_a_time_that_is_none_is_refused_with_its_place(
    stamp: str, advice: str, tmp_path: Path
) -> None:
    path = dump(tmp_path, f"requests_total 1 {BEGAN}", f"requests_total 1 {stamp}")
    with pytest.raises(EngineError, match=r"dump\.om:3: .* is no time between") as refused:
        OpenMetricsFile(path)
    assert stamp in str(refused.value)
    assert advice in refused.value.hint


@pytest.mark.parametrize("stamp", ["0", "253402300799", "1.7672256e9", f"{BEGAN}.125"])
def test_any_time_of_these_years_is_one(stamp: str, tmp_path: Path) -> None:
    assert OpenMetricsFile(dump(tmp_path, f"requests_total 1 {stamp}")).ends == float(stamp)


WRITINGS = (
    'requests_total{code="200",path="/"}',
    'requests_total{path="/",code="200"}',
    'requests_total{ code = "200" , path = "/" }',
    'requests_total {code="200",path="/",}',
    'requests_total{code="200",path="/",empty=""}',
)


def test_a_series_is_one_however_it_is_written(tmp_path: Path) -> None:
    lines = [f"{each} {50 + at} {BEGAN + at}" for at, each in enumerate(WRITINGS)]
    path = dump(tmp_path, *lines, f"{WRITINGS[1]} 50 {BEGAN}")
    assert counted(path, "requests_total", "failures_total").total == len(WRITINGS) - 1


def test_counting_does_not_begin_where_a_series_went_away(tmp_path: Path) -> None:
    path = dump(
        tmp_path,
        f'requests_total{{code="500"}} NaN {BEGAN}',
        f'requests_total{{code="200"}} NaN {BEGAN + 15}',
        f'requests_total{{code="200"}} 500 {BEGAN + 15}',
        f'requests_total{{code="200"}} 507 {BEGAN + 30}',
    )
    assert counted(path, "requests_total", 'requests_total{code="500"}') == Counts(good=7, total=7)


@pytest.mark.parametrize("labels", ["{code=200}", '{="x"}', '{0="x"}', '{"x"}'])
def test_labels_that_are_none_are_refused_and_shown(labels: str, tmp_path: Path) -> None:
    path = dump(tmp_path, f"requests_total{labels} 1 {BEGAN}")
    with pytest.raises(EngineError, match=r"dump\.om: .* is no series"):
        OpenMetricsFile(path)


def test_a_file_larger_than_is_read_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.om"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)  # a hole: it takes no room
    with pytest.raises(EngineError, match="larger than 4 GiB"):
        OpenMetricsFile(path)


def test_more_samples_than_are_held_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openmetrics_file, "MOST_SAMPLES", 3)
    lines = [f"requests_total {count} {BEGAN + count}" for count in range(4)]
    assert OpenMetricsFile(dump(tmp_path, *lines[:3])).ends == BEGAN + 2
    with pytest.raises(EngineError, match="more than 3 samples"):
        OpenMetricsFile(dump(tmp_path, *lines))


def test_what_is_no_text_and_what_is_not_there_are_told(tmp_path: Path) -> None:
    packed = tmp_path / "dump.om.gz"
    packed.write_bytes(b"\x1f\x8b\x08\x00\xff\xfe")
    for path in (packed, tmp_path, tmp_path / "missing.om"):
        with pytest.raises(EngineError, match=r"cannot be read: \w+"):
            OpenMetricsFile(path)
