"""The index finds what looking at every series finds, and looks at few."""

from collections.abc import Iterator, Mapping

from hypothesis import given
from hypothesis import strategies as st

from slo import Matcher, Selector, SeriesIndex

NAME = st.sampled_from(["n", "m"])
LABEL = st.sampled_from(["a", "b"])
VALUE = st.sampled_from(["", "x", "y"])
SERIES = st.lists(st.tuples(NAME, st.dictionaries(LABEL, VALUE)), max_size=20)
MATCHER = st.builds(
    Matcher, label=LABEL, operator=st.sampled_from(["=", "!=", "=~", "!~"]), value=VALUE
)
SELECTOR = st.builds(Selector, name=NAME, matchers=st.lists(MATCHER, max_size=3).map(tuple))


@given(SERIES, st.lists(SELECTOR, max_size=3))
def test_positions_are_those_of_all_that_are_meant(series, selectors):
    found = SeriesIndex(series).positions(selectors)
    assert found == [
        at
        for at, (name, labels) in enumerate(series)
        if any(selector.selects(name, labels) for selector in selectors)
    ]


def test_of_a_thousand_sets_each_looks_at_its_own_series_alone():
    looked = 0

    class Counted(dict[str, str]):
        def get(self, key: str, default: str = "") -> str:  # type: ignore[override]
            nonlocal looked
            looked += 1
            return super().get(key, default)

    def series() -> Iterator[tuple[str, Mapping[str, str]]]:
        return (("n", Counted(tenant=f"t{number}")) for number in range(1000))

    index = SeriesIndex(series())
    for number in range(1000):
        assert index.positions([Selector(name="n").where(tenant=f"t{number}")]) == [number]
    assert looked <= 2 * 1000
