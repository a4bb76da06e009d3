"""trimtab slo exclude, reset, ledger."""

from controlplane.cli.exits import Exit


def test_a_time_is_taken_out_told_and_put_back(trimtab) -> None:
    span, why = "2026-01-06T05:00:00Z/2026-01-06T05:30:00Z", "weights are reloaded"
    asked = ["slo", "exclude", "availability", "--reason", why]
    refused = trimtab(*asked, "--span", "soon/later")
    assert refused.exit_code == Exit.USAGE
    assert "'soon' is no time" in refused.stderr
    far = trimtab(*asked, "--span", "1970-01-06T05:00:00Z/1970-01-06T05:30:00Z")
    assert far.exit_code != 0
    assert "begins at most 400 days away" in far.stderr
    reset = trimtab("slo", "reset", "availability", "--reason", "agreed with all")
    assert (reset.exit_code, reset.stdout.strip()) == (0, "availability: entry 1, reset")
    shown = trimtab("slo", "ledger", "availability")
    assert "reset" in shown.stdout
    assert "agreed with all" in shown.stdout
    none = trimtab(*asked, "--withdraw", "7")
    assert "no exclusion 7 in force" in none.stderr
    assert span not in shown.stdout
