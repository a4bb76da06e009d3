"""Which pages are valid: promtool, Prometheus's own checker, is the judge."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.errors import UnreadableMetrics
from probes.exposition import Limits, read_slow

PAGES = sorted((Path(__file__).parents[3] / "shared" / "data" / "metrics-pages").glob("*.prom"))
PROMTOOL = shutil.which("promtool")
pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
UNREADABLE = 1  # its exit status; 3 is for style
TOKENS = [
    *("a", ":a", "b_total", "{", "}", "{}", 'x="1"', 'le="0.5"', "x='1'", "x", ",", "=", '"'),
    *(" ", " ", "\t", "\n", "\n", "1", "-1.5e3", "+Inf", "NaN", ".5", "1.", "0x1F", "1_0", "inf"),
    *("# TYPE a counter\n", "# TYPE a gauge\n", "# TYPE a speed\n", "# HELP a words\n", "# EOF\n"),
    *("1395066363000", "1.5", "# words", '"\\n"', "é", "#"),
]


def theirs(text: str) -> bool:
    done = subprocess.run(
        [PROMTOOL, "check", "metrics"], input=text.encode(), capture_output=True, check=False
    )
    return done.returncode != UNREADABLE


def ours(text: str) -> bool:
    try:
        read_slow(text.encode(), Limits())
    except UnreadableMetrics:
        return False
    return True


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_pages_of_real_servers_are_valid(path):
    text = path.read_text()
    assert ours(text)
    assert theirs(text)


def whole(pieces: list[str]) -> str:
    """Without blanks at the ends of lines, which the format ignores and the judge does not."""
    return "".join(line.rstrip(" \t") + "\n" for line in "".join(pieces).split("\n"))


@given(st.lists(st.sampled_from(TOKENS), max_size=12).map(whole))
@settings(max_examples=300)
def test_what_the_judge_refuses_is_refused(text):
    """The judge lets more pass than the format does, such as a name without a blank after it."""
    assert theirs(text) or not ours(text)
