import json

import numpy as np

from canary_analysis.kayenta import Class, Points, judge, parse_config
from tests.canary_analysis.kayenta.published_cases import LARGE, SMALL
from tests.canary_analysis.kayenta.resnet_config import CONFIG


def test_a_whole_judgement() -> None:
    rng = np.random.default_rng(3)
    calm = np.array([0.1, np.nan, 0.2, 0.15, 0.12, 0.18])
    points = {
        "errors": Points(canary=calm, baseline=calm[::-1]),
        "latency": Points(canary=np.array(LARGE), baseline=np.array(SMALL)),
        "cpu": Points(canary=np.array(LARGE), baseline=np.array(SMALL)),
    }
    found = judge(parse_config(json.loads(json.dumps(CONFIG))), points, rng)
    assert [(each.name, each.found.label) for each in found.metrics] == [
        ("errors", "Pass"),
        ("latency", "High"),
        ("cpu", "High"),
    ]
    assert found.scored.score == 60.0
    assert found.outcome == "Marginal"
    assert found.metrics[0].canary_points == 6
    assert found.metrics[0].found.reason == "both arms have the same points"
    without = judge(parse_config(CONFIG), {"errors": points["errors"]}, rng)
    assert without.metrics[1].found.label is Class.NODATA_FAIL_METRIC
