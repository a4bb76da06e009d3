import pytest

from canary_analysis.kayenta import Direction, InvalidCanaryConfig, parse_config
from tests.canary_analysis.kayenta.resnet_config import CONFIG


def test_a_configuration_is_read() -> None:
    config = parse_config(CONFIG)
    errors, latency, cpu = config.metrics
    assert errors.rule.direction is Direction.INCREASE
    assert errors.rule.replace_nan
    assert errors.rule.critical
    assert errors.rule.effect.allowed_increase == 1.2
    assert errors.rule.effect.critical_increase == 3.0
    assert errors.outlier_factor == 5.0
    assert latency.rule.direction is Direction.EITHER
    assert latency.rule.effect.allowed_increase == 0.5
    assert latency.outlier_factor is None
    assert cpu.muted
    assert (config.thresholds.passing, config.thresholds.marginal) == (90.0, 50.0)
    assert config.notes == (
        "latency: direction 'up' is read as the default; write increase or decrease or either",
    )


def test_a_request_around_a_configuration_has_its_own_thresholds() -> None:
    around = {
        "canaryConfig": CONFIG,
        "executionRequest": {"thresholds": {"pass": 80, "marginal": 10}},
    }
    assert parse_config(around).thresholds.passing == 80.0


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ([], "must be an object"),
        ({}, "metrics must be a list"),
        ({"metrics": [{}]}, r"metrics\[0\] needs a name"),
        ({"metrics": [{"name": "a"}, {"name": "a"}]}, "twice"),
        ({"metrics": [{"name": "a", "groups": "g"}]}, "groups"),
        (
            {"metrics": [{"name": "a", "analysisConfigurations": {"canary": {"critical": "yes"}}}]},
            "critical must be true or false",
        ),
        (
            {"metrics": [{"name": "a"}], "classifier": {"groupWeights": {"g": "much"}}},
            "must be a number",
        ),
    ],
)
def test_a_broken_configuration_names_the_place(broken, says) -> None:
    with pytest.raises(InvalidCanaryConfig, match=says):
        parse_config(broken)
