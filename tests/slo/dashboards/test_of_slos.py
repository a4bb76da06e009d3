import re

import pytest

from slo.dashboards.figures import Figures, PlaneFigures, RuleFigures
from slo.dashboards.of_slos import slo_dashboard
from slo.rules import exact_groups
from tests.slo.dashboards.watched_slos import every_panel, queries_of, watched

SLOS = (watched(), watched("speed", target=0.99, days=7))
BOTH = pytest.mark.parametrize("figures", [RuleFigures(SLOS), PlaneFigures()])


@BOTH
def test_every_slo_has_a_folded_row_with_a_panel_for_each_rule(figures: Figures) -> None:
    made = slo_dashboard(SLOS, figures)
    rows = [found for found in made["panels"] if found["type"] == "row"]
    assert [row["title"] for row in rows] == ["All SLOs", "chat: answers", "chat: speed"]
    for row, slo in zip(rows[1:], SLOS, strict=True):
        burns = [each for each in row["panels"] if each["title"].startswith("Burn over")]
        limits = [
            each["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] for each in burns
        ]
        assert limits == [rule.threshold(slo.spec.objective.window) for rule in slo.rules]
        assert all(len(each["targets"]) == 2 for each in burns)


@BOTH
def test_numbers_and_letters_are_unique(figures: Figures) -> None:
    panels = list(every_panel(slo_dashboard(SLOS, figures)))
    assert len({each["id"] for each in panels}) == len(panels)
    for each in panels:
        letters = [target["refId"] for target in each.get("targets", ())]
        assert len(set(letters)) == len(letters)
        assert letters or each["type"] == "row"


@BOTH
def test_the_overview_follows_the_choices_and_the_rows_name_their_slo(figures: Figures) -> None:
    made = slo_dashboard(SLOS, figures)
    overview = [each for each in made["panels"] if each["type"] != "row"]
    for query in queries_of({"panels": overview}):
        assert 'slo=~"$slo"' in query
    assert [each["name"] for each in made["templating"]["list"]] == ["datasource", "service", "slo"]


def test_every_recording_that_is_asked_for_is_made() -> None:
    groups = [group for slo in SLOS for group in exact_groups(slo.spec, slo.rules)]
    known = {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}
    queries = queries_of(slo_dashboard(SLOS, RuleFigures(SLOS)))
    asked = {name for query in queries for name in re.findall(r"slo:[a-z_]+:\w+", query)}
    assert asked
    assert asked <= known


def test_more_queries_than_letters_are_put_together() -> None:
    many = tuple(watched(f"slo-{n}", target=0.9 + n / 1000) for n in range(40))
    made = slo_dashboard(many, RuleFigures(many))
    (burn,) = [each for each in made["panels"] if each["title"] == "Burn rate"]
    assert len(burn["targets"]) == 26
    assert "slo-39" in burn["targets"][-1]["expr"]
