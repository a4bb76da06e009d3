import pytest

from canary_analysis.kayenta import Class, Classified, score
from canary_analysis.kayenta.scores import outcome_of


def told(label, *groups, critical=False):
    return Classified(label=Class(label), critical=critical), groups


@pytest.mark.parametrize(
    ("results", "weights", "wanted"),
    [
        ([told("Pass", "g")], {}, 100.0),
        ([told("High", "g")], {}, 0.0),
        ([told("Nodata", "g")], {}, 0.0),
        ([told("Pass", "g"), told("Pass", "g"), told("Nodata", "h")], {}, 100.0),
        ([told("Pass", "g"), told("High", "g")], {}, 50.0),
        ([told("Pass", "g"), told("High", "g"), told("Low", "g")], {}, 33.33),
        ([told("Pass", "a"), told("Pass", "a"), told("High", "b")], {"a": 75.0, "b": 25.0}, 75.0),
        ([told("Pass", "a"), told("High", "a"), told("High", "b")], {"a": 50.0, "b": 50.0}, 25.0),
        ([told("Pass", "a"), told("Nodata", "a"), told("High", "b")], {"a": 50.0, "b": 50.0}, 50.0),
        ([told("Pass", "g"), told("High", "g", critical=True)], {}, 0.0),
        ([told("Low", "g"), told("Pass", "g", critical=True)], {}, 50.0),
        ([told("Pass", "g"), told("Nodata", "g", critical=True)], {}, 0.0),
        (
            [told("High", "a"), told("Low", "a"), told("Pass", "a"), told("High", "b")],
            {"a": 15.0, "b": 85.0},
            5.0,
        ),
        ([told("Pass", "g"), told("NodataFailMetric", "g")], {}, 50.0),
    ],
)
def test_the_published_scores_come_out(results, weights, wanted) -> None:
    assert score(results, weights).score == wanted


def test_scores_say_why_they_are_zero_and_what_groups_have() -> None:
    found = score([told("Pass", "g"), told("Pass", "g"), told("Nodata", "h")], {})
    assert found.groups == {"g": 100.0, "h": 0.0}
    assert "no data" in score([told("Nodata", "g")], {}).reason
    assert score([], {}).score == 0.0
    assert [outcome_of(value, passing=95, marginal=75) for value in (95, 75, 74.9)] == [
        "Pass",
        "Marginal",
        "Fail",
    ]
