import json
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from slo.dashboards.layout import Row, Variable, dashboard_of
from slo.dashboards.panels import Kind, Panel, Query
from tests.slo.dashboards.watched_slos import every_panel

SIZES = st.tuples(st.integers(1, 24), st.integers(1, 12))
ROWS = st.lists(st.tuples(st.booleans(), st.lists(SIZES, max_size=8)), max_size=5)


def panel(width: int, height: int) -> Panel:
    queries = (Query(expr="up"),)
    return Panel(title="Up", kind=Kind.LINES, queries=queries, width=width, height=height)


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    a, b = one["gridPos"], other["gridPos"]
    beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
    below = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
    return not (beside or below)


@given(ROWS)
def test_nothing_lies_on_anything_else(sizes: list[tuple[bool, list[tuple[int, int]]]]) -> None:
    rows = [
        Row(title="row", folded=folded, panels=tuple(panel(*size) for size in inside))
        for folded, inside in sizes
    ]
    made = dashboard_of("All", rows, uid="all")
    shown = [made["panels"], *(found["panels"] for found in made["panels"] if "panels" in found)]
    for together in shown:
        assert not any(overlap(*pair) for pair in combinations(together, 2))
    everything = list(every_panel(made))
    assert len({found["id"] for found in everything}) == len(everything)
    assert all(found["gridPos"]["x"] + found["gridPos"]["w"] <= 24 for found in everything)


def test_a_folded_row_holds_its_panels_and_an_open_one_stands_before_them() -> None:
    rows = [
        Row(title="open", panels=(panel(12, 8),)),
        Row(title="folded", panels=(panel(12, 8),), folded=True),
    ]
    found = dashboard_of("All", rows, uid="all")["panels"]
    assert [each["type"] for each in found] == ["row", "timeseries", "row"]
    assert [len(each.get("panels", ())) for each in found] == [0, 0, 1]
    assert [each["gridPos"]["y"] for each in found] == [0, 1, 9]


def test_the_choices_are_the_source_and_what_is_asked_for() -> None:
    variable = Variable(name="slo", label="slo", series='known{service=~"$service"}')
    made = dashboard_of("All", [], uid="all", variables=[variable])
    source, own = made["templating"]["list"]
    assert (source["type"], source["query"]) == ("datasource", "prometheus")
    assert own["query"]["query"] == 'label_values(known{service=~"$service"}, slo)'
    assert own["includeAll"]
    assert own["allValue"] == ".*"
    assert made["schemaVersion"] == 39
    assert json.loads(json.dumps(made)) == made
