"""OpenMetrics is stricter than text; prometheus_client's parser is the judge of what is valid."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from probes.errors import UnreadableMetrics
from probes.exposition import Format, Limits, read_slow

VALID = """# TYPE a counter
# HELP a Answers.
a_total{code="200"} 5 # {trace="x"} 0.5 1395066363.5
a_created{code="200"} 1395066363.5
# TYPE b histogram
b_bucket{le="0.5"} 1 1395066363.5
b_bucket{le="+Inf"} 2 1395066363.5
b_count 2 1395066363.5
b_sum 0.9 1395066363.5
# TYPE c summary
c{quantile="0.5"} 1
c_count 3
c_sum 4
# TYPE d info
d_info{version="1"} 1
# TYPE e gauge
e NaN
# TYPE f gaugehistogram
f_bucket{le="+Inf"} 2
f_gcount 2
f_gsum 3
g 1
# EOF
"""


def read(text: str):
    return read_slow(text.encode(), Limits(), Format.OPENMETRICS)


def test_a_valid_page_is_read_as_the_peer_reads_it():
    page = read(VALID)
    theirs = [
        (sample.name, sample.labels)
        for family in text_string_to_metric_families(VALID)
        for sample in family.samples
        if not sample.name.endswith("_created")
    ]
    assert list(page.layout.series) == theirs
    assert page.stamps[1:5].tolist() == [1395066363.5] * 4


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param("# EOF\n", "", "# EOF is missing", id="no end"),
        pytest.param("# EOF\n", "# EOF\ng 1\n", "text after # EOF", id="more after the end"),
        pytest.param("g 1\n", "\n", "nothing in it", id="an empty line"),
        pytest.param("g 1\n", 'g 1\ne{x="1"} 2\n', "more of e", id="a family in two places"),
        pytest.param("a_total", "a", "a counter whose name", id="a counter without its suffix"),
        pytest.param("d_info", "d", "an info whose name|info whose name", id="info without suffix"),
        pytest.param("} 5 #", "} -5 #", "a count that is negative", id="a negative counter"),
        pytest.param("} 5 #", "} NaN #", "no number", id="a counter that is no number"),
        pytest.param('le="0.5"', 'le="soon"', "no number in its label le", id="an edge in words"),
        pytest.param('{le="0.5"}', "", "no number in its label le", id="a bucket without edge"),
        pytest.param('b_bucket{le="0.5"} 1', 'b_bucket{le="0.5"} 3', "not rise", id="falling"),
        pytest.param('b_bucket{le="+Inf"} 2 1395066363.5\n', "", "last bucket", id="no +Inf"),
        pytest.param('{quantile="0.5"}', "", "no number in its label quantile", id="no quantile"),
        pytest.param("# TYPE e gauge", "# TYPE e speed", "TYPE line", id="a kind that is none"),
        pytest.param("# TYPE e gauge", "# TYPE a gauge", "second TYPE of a", id="a type twice"),
    ],
)
def test_a_page_that_breaks_a_rule_is_refused_as_the_peer_does(old, new, reason):
    assert old in VALID
    broken = VALID.replace(old, new, 1)
    with pytest.raises(UnreadableMetrics, match=reason):
        read(broken)
    with pytest.raises(ValueError):  # noqa: PT011 -- the peer says no more
        list(text_string_to_metric_families(broken))


LINES = [line.partition(" # {")[0].removesuffix(" 1395066363.5") for line in VALID.splitlines()]
"""Without exemplars and times, about which the peer is stricter still."""


OPTIONAL = [
    p for p, line in enumerate(LINES) if not re.match(r"\w+_(g?(sum|count) |bucket.*Inf)", line)
]
"""The peer also wants sums, counts and buckets to come together; without, nothing is misread."""


@given(st.sets(st.sampled_from(OPTIONAL)), st.lists(st.integers(0, len(LINES) - 1)))
def test_what_we_take_the_peer_takes(left_out, again):
    """Lines are missing, and some samples come once more at the end."""
    lines = [line for place, line in enumerate(LINES[:-1]) if place not in left_out]
    if not left_out:
        lines += [LINES[place] for place in again if not LINES[place].startswith("#")]
    text = "\n".join([*lines, "# EOF", ""])
    try:
        read(text)
    except UnreadableMetrics:
        return
    list(text_string_to_metric_families(text))
