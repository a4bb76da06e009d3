"""Names of label sets: each set has one, no two have the same, and every name can be kept anywhere."""

import re

from hypothesis import given
from hypothesis import strategies as st

from slo import name_of_set

FAMILY = st.from_regex(r"[a-z][a-z-]{0,60}[a-z]", fullmatch=True)
VALUE = st.one_of(
    st.sampled_from(
        ["", "a", "a b", "a/b", "a-b", 'a"b', "a\nb", "a:b", "x" * 4096, "\u00e9", "a--b"]
    ),
    st.text(max_size=80),
)
NAMED = st.tuples(FAMILY, st.lists(VALUE, min_size=2, max_size=2))


@given(NAMED, NAMED)
def test_two_sets_have_two_names(one, other):
    (family, values), (other_family, other_values) = one, other
    names = name_of_set(family, values), name_of_set(other_family, other_values)
    assert (names[0] == names[1]) is (one == other)
    assert all(re.fullmatch(r"[a-zA-Z0-9:._-]{1,63}", name) for name in names)


@given(FAMILY, VALUE)
def test_a_value_cannot_take_the_name_of_another(family, value):
    name = name_of_set(family, [value])
    imitation = name.removeprefix(f"{family}:")
    assert imitation == value or name_of_set(family, [imitation]) != name


def test_long_families_that_begin_alike_are_told_apart():
    begin = "a" * 58
    assert name_of_set(f"{begin}-one", ["model"]) != name_of_set(f"{begin}-two", ["model"])
