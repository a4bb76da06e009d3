"""The full grammar, held against prometheus_client's parser on real and invented pages."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from probes.errors import UnreadableMetrics
from probes.exposition import Format, Limits, read_slow
from probes.exposition_grammar import read_lines

PAGES = sorted((Path(__file__).parents[3] / "shared" / "data" / "metrics-pages").glob("*.prom"))
Flat = dict[tuple[str, frozenset[tuple[str, str]]], str]


def by_peer(text: str) -> Flat:
    return {
        (sample.name, frozenset(sample.labels.items())): repr(float(sample.value))
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def by_us(text: str) -> Flat:
    """Counters are called ``_total`` at the end, as the peer calls them whatever the page says."""
    page = read_slow(text.encode(), Limits())
    bare = {name for name, kind in page.layout.types.items() if kind == "counter"}
    return {
        (
            f"{name.removesuffix('_total')}_total" if name in bare else name,
            frozenset(labels.items()),
        ): repr(value)
        for (name, labels), value in zip(page.layout.series, page.values.tolist(), strict=True)
    }


@pytest.mark.skipif(not PAGES, reason="the pages of real servers are not beside this tree")
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_pages_of_real_servers_read_the_same(path):
    text = path.read_text()
    assert by_us(text) == by_peer(text)


VALUES = st.one_of(
    st.floats().map(repr),
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(["+Inf", "-Inf", "NaN", "1e+09", "0.50"]),
)
LABEL_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters='\n\r"\\'), max_size=6)
ESCAPED = st.lists(st.one_of(LABEL_TEXTS, st.sampled_from(["\\n", "\\\\", '\\"'])), max_size=3)
SERIES = st.tuples(
    st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,5}", fullmatch=True),
    st.dictionaries(st.sampled_from(["a", "b", "le", "_x"]), ESCAPED.map("".join), max_size=3),
)


@given(st.lists(st.tuples(SERIES, VALUES), unique_by=lambda row: repr(row[0]), max_size=5))
def test_invented_pages_read_the_same(rows):
    lines = []
    for (name, labels), value in rows:
        inside = ",".join(f'{label}="{text}"' for label, text in labels.items())
        lines.append(f"{name}{{{inside}}} {value}" if inside else f"{name} {value}")
    text = "\n".join([*lines, ""])
    assert by_us(text) == by_peer(text)


@pytest.mark.parametrize(
    ("line", "name", "labels", "value"),
    [
        pytest.param("a 1", "a", {}, 1.0, id="a bare name"),
        pytest.param(":a:b 1", ":a:b", {}, 1.0, id="a name that leads with a colon"),
        pytest.param("a{} 3", "a", {}, 3.0, id="empty braces"),
        pytest.param('a{x="1",} 3', "a", {"x": "1"}, 3.0, id="a comma at the end"),
        pytest.param('a { x = "1" , y="2" } 3', "a", {"x": "1", "y": "2"}, 3.0, id="blanks"),
        pytest.param('a{x="}"}3', "a", {"x": "}"}, 3.0, id="a brace in a value, no blank"),
        pytest.param(r'a{x="\\\"\n\d"} 3', "a", {"x": '\\"\n\\d'}, 3.0, id="escapes"),
        pytest.param('{"a.b",x="1"} 1', "a.b", {"x": "1"}, 1.0, id="a name in quotes"),
        pytest.param('{"a b"} 1', "a b", {}, 1.0, id="a name in quotes, no labels"),
        pytest.param('a{"x.y"="1"} 1', "a", {"x.y": "1"}, 1.0, id="a label name in quotes"),
        pytest.param('a 1 # {t="x"} 0.5 9', "a", {}, 1.0, id="an exemplar is dropped"),
        pytest.param("  a\t1", "a", {}, 1.0, id="an indent and a tab"),
        pytest.param("a +Inf", "a", {}, float("inf"), id="infinity"),
        pytest.param("a .5", "a", {}, 0.5, id="a number without a leading digit"),
    ],
)
def test_a_line_is_read(line, name, labels, value):
    ((_, found),) = read_lines(line + "\n", Limits())
    assert (found.name, found.labels, found.value) == (name, labels, value)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param("<html>", "no metric name", id="a web page"),
        pytest.param("1a 1", "no metric name", id="a name that leads with a digit"),
        pytest.param("a", "no blank", id="a name alone"),
        pytest.param("a=1", "no blank", id="another format"),
        pytest.param("a one", "no number", id="a word for a number"),
        pytest.param("a 1_000", "no number", id="Python's digits"),
        pytest.param("a 1 2 3", "no number", id="too many words"),
        pytest.param("a 1 soon", "no timestamp", id="a timestamp that is none"),
        pytest.param('a{x="1" 3', "labels that do not read", id="braces that are not closed"),
        pytest.param('a{x="1" y="2"} 3', "labels that do not read", id="labels without a comma"),
        pytest.param("a{x=1} 3", "labels that do not read", id="a value without quotes"),
        pytest.param('a{,x="1"} 3', "labels that do not read", id="a comma at the start"),
        pytest.param('a{x="1",x="2"} 3', "'x' twice", id="a label twice"),
        pytest.param("# TYPE a", "a TYPE line that does not read", id="a type without its kind"),
        pytest.param("# TYPE a speed", "a TYPE line that does not read", id="a kind that is none"),
        pytest.param("# HELP a x\n# HELP a y", "second HELP of a", id="help twice"),
        pytest.param("# HELP 1a x", "HELP line without the name", id="help of no name"),
        pytest.param("a 0x1F", "no number", id="a hexadecimal number"),
        pytest.param("a 1 1395066363.5", "no timestamp", id="seconds, which text has not"),
        pytest.param("a 1 99999999999999999999", "no timestamp", id="a time beyond 64 bits"),
        pytest.param('a 1 # {t="x"} soon', "no exemplar", id="an exemplar without a number"),
        pytest.param("a 1 # soon", "no exemplar", id="words after the value"),
        pytest.param("{} 1", "no metric name", id="no name in the braces"),
        pytest.param('{x="1"} 1', "no metric name", id="labels and no name"),
        pytest.param('a{""="1"} 1', "without a name", id="a label without a name"),
        pytest.param('# TYPE "" counter', "a TYPE line that does not read", id="no name in TYPE"),
    ],
)
def test_a_line_is_refused_with_its_number_and_its_start(line, reason):
    with pytest.raises(UnreadableMetrics, match=rf"line \d has .*{reason}|line \d has {reason}"):
        list(read_lines(line + "\n", Limits()))


def test_types_are_read_and_other_comments_are_not():
    text = '# HELP a words\n# HELP "b.c"\n# TYPE a Counter\n#\n# a remark\n\na 1\n# EOF\n# TYPE "b.c" gauge\n\n'
    found = [(index, line.name, line.kind) for index, line in read_lines(text, Limits())]
    assert found == [(2, "a", "counter"), (6, "a", ""), (8, "b.c", "gauge")]


@pytest.mark.parametrize(
    ("text", "form", "stamp"),
    [
        ("a 1 1395066363000", Format.TEXT, 1395066363.0),
        ("a 1 -500", Format.TEXT, -0.5),
        ("a 1", Format.TEXT, None),
        ("a 1 1395066363.5\n# EOF", Format.OPENMETRICS, 1395066363.5),
    ],
)
def test_a_timestamp_is_in_the_unit_of_its_format(text, form, stamp):
    ((_, found),) = read_lines(text + "\n", Limits(), form)
    assert found.stamp == stamp


def test_blanks_without_commas_take_no_time_to_refuse():
    line = "a 1 # {" + 'x=""' + (" " * 500 + 'y=""') * 50
    with pytest.raises(UnreadableMetrics):
        list(read_lines(line + "\n", Limits()))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("abcd 1", "more than 3 characters"),
        ('a{x="123456"} 1', "too long"),
        ('a{x="1",y="2",z="3"} 1', "too many labels"),
    ],
)
def test_limits_hold(line, reason):
    limits = Limits(labels=2, name_characters=3, value_characters=5)
    with pytest.raises(UnreadableMetrics, match=reason):
        list(read_lines(line, limits))


@given(st.text(alphabet='a{}="\\, #1eE+-.\n\tTYPENaINf', max_size=40))
def test_no_text_does_worse_than_being_refused(text):
    try:
        found = list(read_lines(text, Limits()))
    except UnreadableMetrics:
        return
    assert all(line.name for _, line in found)
