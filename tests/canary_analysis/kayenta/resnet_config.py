"""A canary configuration as Spinnaker writes it."""

CONFIG = {
    "name": "resnet",
    "judge": {"name": "NetflixACAJudge-v1.0", "judgeConfigurations": {}},
    "metrics": [
        {
            "name": "errors",
            "groups": ["errors"],
            "query": {"type": "prometheus", "metricName": "errors_total"},
            "analysisConfigurations": {
                "canary": {
                    "direction": "increase",
                    "nanStrategy": "replace",
                    "critical": True,
                    "effectSize": {"allowedIncrease": 1.2, "criticalIncrease": 3},
                    "outliers": {"strategy": "remove", "outlierFactor": 5},
                }
            },
        },
        {
            "name": "latency",
            "groups": ["latency"],
            "analysisConfigurations": {
                "canary": {
                    "direction": "up",
                    "mustHaveData": True,
                    "effectSize": {"measure": "cles"},
                }
            },
        },
        {"name": "cpu", "groups": ["cpu"], "analysisConfigurations": {"canary": {"muted": True}}},
    ],
    "classifier": {
        "groupWeights": {"errors": 60.0, "latency": 40.0},
        "scoreThresholds": {"pass": 90.0, "marginal": 50.0},
    },
}
