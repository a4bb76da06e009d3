from typing import Any

import pytest

from slo.dashboards.panels import Kind, Panel, Query, panel_json

PLACE = {"h": 8, "w": 12, "x": 0, "y": 0}


def made(kind: Kind = Kind.LINES, **more: Any) -> dict[str, Any]:
    queries = more.pop("queries", (Query(expr="up", legend="{{job}}"),))
    panel = Panel(title="Up", kind=kind, queries=queries, **more)
    return panel_json(panel, number=7, place=PLACE)


def test_every_query_has_a_letter_of_its_own() -> None:
    found = made(queries=tuple(Query(expr=f"up{n}") for n in range(26)))
    letters = [target["refId"] for target in found["targets"]]
    assert (letters[0], letters[-1], len(set(letters))) == ("A", "Z", 26)


@pytest.mark.parametrize("count", [0, 27])
def test_a_panel_without_a_query_or_with_too_many_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 26"):
        Panel(title="Up", kind=Kind.LINES, queries=(Query(expr="up"),) * count)


@pytest.mark.parametrize(
    ("kind", "ranges"), [(Kind.LINES, True), (Kind.NUMBER, False), (Kind.TABLE, False)]
)
def test_lines_ask_for_a_time_and_numbers_for_a_moment(kind: Kind, *, ranges: bool) -> None:
    (target,) = made(kind)["targets"]
    assert (target["range"], target["instant"]) == (ranges, not ranges)


def test_a_limit_is_a_line_and_the_side_that_is_bad_is_red() -> None:
    burn = made(limit=14.4)["fieldConfig"]["defaults"]
    assert burn["custom"]["thresholdsStyle"] == {"mode": "line"}
    assert [s["color"] for s in burn["thresholds"]["steps"]] == ["green", "red"]
    assert burn["thresholds"]["steps"][1]["value"] == 14.4
    budget = made(limit=0.0, good_above=True)["fieldConfig"]["defaults"]
    assert [s["color"] for s in budget["thresholds"]["steps"]] == ["red", "green"]
    assert made()["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"] == {"mode": "off"}


def test_bounds_are_of_the_axis_and_none_is_left_to_grafana() -> None:
    defaults = made(bounds=(None, 1.0), unit="percentunit")["fieldConfig"]["defaults"]
    assert (defaults["max"], defaults["unit"], "min" in defaults) == (1.0, "percentunit", False)


def test_colors_go_with_queries() -> None:
    queries = (Query(expr="a"), Query(expr="b", color="red"))
    (override,) = made(queries=queries)["fieldConfig"]["overrides"]
    assert override["matcher"]["options"] == "B"
    assert override["properties"][0]["value"]["fixedColor"] == "red"


def test_a_table_shows_its_columns_in_their_order_by_their_new_names() -> None:
    columns = {"slo": "SLO", "Value": "Left"}
    _, kept, named = made(Kind.TABLE, columns=columns)["transformations"]
    assert kept["options"]["include"]["names"] == ["slo", "Value"]
    assert named["options"] == {"indexByName": {"slo": 0, "Value": 1}, "renameByName": columns}
