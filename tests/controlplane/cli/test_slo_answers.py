"""trimtab slo explain, forecast, blame."""

from controlplane.cli.exits import Exit


def test_explain_shows_query_windows_and_counts(trimtab) -> None:
    shown = trimtab("slo", "explain", "availability")
    assert shown.exit_code == 0
    assert 'inference_requests_total{code=~"5..",model="resnet"}' in shown.stdout.replace(
        'model="resnet",code=~"5.."', 'code=~"5..",model="resnet"'
    )
    assert "budget     unknown: no traffic within the window" in shown.stdout
    assert "above 14.4x, which is 0.02 of the budget within" in shown.stdout


def test_forecast_says_why_it_says_nothing(trimtab) -> None:
    shown = trimtab("slo", "forecast", "availability")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("availability: too little is known")
    assert '"level": 0.8' in trimtab("slo", "forecast", "availability", "-o", "json").stdout


def test_blame_is_a_table_of_parts(trimtab) -> None:
    shown = trimtab("slo", "blame", "availability", "--by", "version", "--window", "1m")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("version\tbad\ttotal")
    wrong = trimtab("slo", "blame", "availability", "--window", "soon")
    assert wrong.exit_code == Exit.USAGE
    assert "--window: 'soon' is no duration" in wrong.stderr


def test_a_budget_is_shown_with_adjustments_and_without(trimtab) -> None:
    shown = trimtab("slo", "budget", "availability")
    assert shown.stdout.splitlines()[1].startswith("as it counts\t-\t0")
    assert "unadjusted" not in shown.stdout
    trimtab("slo", "reset", "availability", "--reason", "agreed with all")
    assert "unadjusted" in trimtab("slo", "budget", "availability").stdout
