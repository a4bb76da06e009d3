import json

import numpy as np
import pytest
from typer.testing import CliRunner

from controlplane.cli import app

EDGES = (0.05, 0.1, 0.2, 0.5, 1.0)
COUNTERS = ["--bad", 'requests_total{code="500"}', "--total", "requests_total"]
ARMS = ["--baseline", 'version="1"', "--canary", 'version="2"']


def trimtab(*arguments):
    return CliRunner().invoke(app, ["canary", *map(str, arguments)], env={"COLUMNS": "200"})


def dump(path, *, canary_bad=0.002, slower=1.0, minutes=30, versions=("1", "2"), began=1_000_000):
    """Counters of nine baseline and three canary replicas, scraped every 15 s."""
    rng = np.random.default_rng(7)
    lines = []
    for version, replicas, bad, factor in (
        ("1", 9, 0.002, 1.0),
        ("2", 3, canary_bad, slower),
    ):
        if version not in versions:
            continue
        for replica in range(replicas):
            labels = f'version="{version}",instance="{version}-{replica}"'
            sums = np.zeros(2, dtype=int)
            buckets = np.zeros(len(EDGES) + 1, dtype=int)
            for tick in range(minutes * 4 + 1):
                at = began + 15 * tick
                lines += [
                    f'requests_total{{{labels},code="{code}"}} {value} {at}'
                    for code, value in (("200", sums[0]), ("500", sums[1]))
                ]
                lines += [
                    f'seconds_bucket{{{labels},le="{edge}"}} {value} {at}'
                    for edge, value in zip((*EDGES, "+Inf"), np.cumsum(buckets), strict=True)
                ]
                failed = rng.binomial(150, bad)
                sums += (150 - failed, failed)
                took = rng.lognormal(np.log(0.08), 0.5, 150) * factor
                buckets += np.bincount(np.searchsorted(EDGES, took), minlength=len(buckets))
    path.write_text("\n".join(lines) + "\n# EOF\n")
    return path


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return dump(tmp_path_factory.mktemp("good") / "good.om", minutes=60)


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    return dump(tmp_path_factory.mktemp("bad") / "bad.om", canary_bad=0.03)


def test_a_bad_canary_is_rolled_back(bad) -> None:
    found = trimtab("judge", "--file", bad, *ARMS, *COUNTERS)
    assert found.exit_code == 1
    assert found.stdout.startswith("rollback, after ")
    assert "The canary is worse" in found.stdout
    assert "errors\tworse\t" in found.stdout


def test_a_good_canary_is_promoted(good) -> None:
    found = trimtab("judge", "--file", good, *ARMS, *COUNTERS, "--histogram", "seconds")
    assert found.exit_code == 0, found.stdout
    assert found.stdout.startswith("promote, after ")


def test_a_slow_canary_is_rolled_back(tmp_path) -> None:
    path = dump(tmp_path / "slow.om", slower=1.6)
    found = trimtab("judge", "--file", path, *ARMS, "--histogram", "seconds")
    assert found.exit_code == 1
    assert "seconds over 0.2 s\tworse" in found.stdout or "\tworse\t" in found.stdout


def test_nothing_of_the_canary_is_inconclusive(good) -> None:
    arms = ["--baseline", 'version="1"', "--canary", 'version="3"']
    found = trimtab("judge", "--file", good, *arms, *COUNTERS)
    assert found.exit_code == 5
    assert found.stdout.startswith("invalid")
    assert "No data is not success" in found.stdout


def test_two_files_of_different_days_say_what_is_not_cancelled(tmp_path) -> None:
    before = dump(tmp_path / "before.om", versions=("1",))
    after = dump(tmp_path / "after.om", versions=("2",), canary_bad=0.03, began=9_000_000)
    found = trimtab("judge", "--baseline", before, "--canary", after, *COUNTERS)
    assert found.exit_code == 1
    assert found.stdout.startswith("note: The arms were not there at the same time")


def test_one_selector_in_two_times(good) -> None:
    times = ["--baseline-time", "1000000/1001200", "--canary-time", "1001200/1002400"]
    found = trimtab("judge", "--file", good, *times, *COUNTERS, "-o", "json")
    saved = json.loads(found.stdout)
    assert saved["recording"]["sideBySide"] is False
    assert "not cancelled" in saved["notes"][0]
    assert found.exit_code in (0, 5)


@pytest.mark.parametrize("judge", ["trimtab", "kayenta"])
def test_a_stored_verdict_is_recomputed_and_a_changed_one_is_found_out(
    bad, tmp_path, judge
) -> None:
    found = trimtab("judge", "--file", bad, *ARMS, *COUNTERS, "--judge", judge, "-o", "json")
    assert found.exit_code == 1
    stored = tmp_path / "verdict.json"
    stored.write_text(found.stdout)
    again = trimtab("judge", "--recompute", stored)
    assert again.exit_code == 0
    assert "the same verdict comes out" in again.stdout
    saved = json.loads(found.stdout)
    saved["decision"] = "promote"
    stored.write_text(json.dumps(saved))
    changed = trimtab("judge", "--recompute", stored)
    assert changed.exit_code == 1
    assert "/decision: promote is " in changed.stdout
    told = trimtab("judge", "--recompute", stored, "-o", "json")
    assert json.loads(told.stdout)["same"] is False


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is no JSON"),
        ("{}", "no stored verdict"),
        ('{"kind": "trimtab canary verdict", "version": 99}', "version 99"),
        ('{"kind": "trimtab canary verdict", "version": 1}', "cannot be read"),
    ],
)
def test_what_is_no_stored_verdict_is_refused(tmp_path, text, says) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    found = trimtab("judge", "--recompute", path)
    assert found.exit_code == 2
    assert says in found.stderr


@pytest.mark.parametrize(
    ("judge", "changes", "says"),
    [
        ("trimtab", {"judge": "nobody"}, "'nobody' is not a valid Judge"),
        ("kayenta", {"asked": {"step_seconds": 0}}, "0.001 s or more apart, not 0"),
        ("kayenta", {"asked": {"seed": -1}}, "A seed must be 0 or more, not -1"),
    ],
)
def test_a_damaged_verdict_is_refused_and_no_difference(
    bad, tmp_path, judge, changes, says
) -> None:
    found = trimtab("judge", "--file", bad, *ARMS, *COUNTERS, "--judge", judge, "-o", "json")
    path = tmp_path / "verdict.json"
    path.write_text(json.dumps(json.loads(found.stdout) | changes))
    again = trimtab("judge", "--recompute", path)
    assert again.exit_code == 2
    assert says in again.stderr


def test_kayenta_judges_by_its_configuration(bad, tmp_path) -> None:
    canary = {"direction": "increase", "critical": True, "nanStrategy": "odd"}
    config = tmp_path / "canary.json"
    config.write_text(
        json.dumps(
            {
                "metrics": [
                    {
                        "name": "errors",
                        "analysisConfigurations": {"canary": canary},
                        "groups": ["e"],
                    }
                ],
                "classifier": {"groupWeights": {"e": 100}},
            }
        )
    )
    asked = ["--judge", "kayenta", "--config", config]
    found = trimtab("judge", "--file", bad, *ARMS, *COUNTERS, *asked)
    assert found.exit_code == 1
    assert "Fail: score 0" in found.stdout
    assert "errors\tHigh critical\te\t30\t30" in found.stdout
    assert "nanStrategy 'odd' is read as the default" in found.stdout
    config.write_text('{"metrics": [{"name": "cpu"}]}')
    refused = trimtab("judge", "--file", bad, *ARMS, *COUNTERS, *asked)
    assert refused.exit_code == 2
    assert "Not recorded: cpu" in refused.stderr
    assert "metrics may be called errors" in refused.stderr


def test_both_judges_are_told_side_by_side(good, bad) -> None:
    found = trimtab("compare", "--file", good, *ARMS, *COUNTERS, "--histogram", "seconds")
    assert found.exit_code == 0
    lines = found.stdout.splitlines()
    assert lines[0].split("\t") == ["judge", "decision", "at seconds", "readings"]
    assert any(line.startswith("Kayenta, read all along\tPass, score 100\t-\t56") for line in lines)
    assert sum(line.startswith("seconds\t") for line in lines) == 3
    told = trimtab("compare", "--file", bad, *ARMS, *COUNTERS, "-o", "json")
    assert told.exit_code == 1
    both = json.loads(told.stdout)
    assert both["ours"]["verdict"]["decision"] == "rollback"
    assert both["kayenta"]["at_end"]["outcome"] == "Fail"


def test_both_commands_know_the_same_limits(good) -> None:
    few = ["--min-requests", "1000000"]
    for command in ("judge", "compare"):
        assert trimtab(command, "--file", good, *ARMS, *COUNTERS, *few).exit_code == 5


def test_a_table_of_requests(tmp_path) -> None:
    rng = np.random.default_rng(3)
    lines = ["time,arm,replica,latency,failed"]
    for at in range(1200):
        for arm, count, bad in (("baseline", 9, 0.01), ("canary", 3, 0.2)):
            for replica in range(count):
                failed = int(rng.random() < bad)
                lines.append(f"{at},{arm},{arm}-{replica},{rng.lognormal(-2.5, 0.4):.4f},{failed}")
    path = tmp_path / "requests.csv"
    path.write_text("\n".join(lines))
    found = trimtab("judge", "--file", path, "--samples", "latency", "--bad", "failed")
    assert found.exit_code == 1
    assert "errors\tworse" in found.stdout
    assert "latency over" in found.stdout


def test_how_far_back_is_counted_from_the_end_of_a_file(tmp_path) -> None:
    rows = [
        f"{at},{arm},30,{int(at < 600)}" for at in range(1200) for arm in ("canary", "baseline")
    ]
    table = tmp_path / "counts.csv"
    table.write_text("\n".join(["time,arm,total,errors", *rows]))
    counters = dump(tmp_path / "both.om")
    for file, more in ((table, ()), (counters, (*ARMS, *COUNTERS))):
        found = trimtab("judge", "--file", file, *more, "--since", "10m", "-o", "json")
        assert found.exit_code in (0, 5)
        errors = json.loads(found.stdout)["result"]["verdict"]["findings"][0]
        assert 0 < errors["canary_requests"] <= 2 * 600 * 30
        assert 590.0 <= json.loads(found.stdout)["result"]["at_seconds"] <= 601.0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Where is the canary"),
        (["--file", "x.om", "--from", "http://x"], "cannot both hold"),
        (["--file", "x.om", *COUNTERS], "Both arms would be the same data"),
        (["--baseline", "none.om", "--canary", "gone.om", *COUNTERS], "cannot be read"),
        (["--file", "x.om", *ARMS, "--canary-time", "20/10"], "ends before it begins"),
        (["--file", "x.om", *ARMS, "--canary-time", "20"], "--canary-time must be START/END"),
        (["--recompute", "none.json"], "cannot be read"),
    ],
)
def test_what_cannot_be_used_says_why(arguments, says) -> None:
    found = trimtab("judge", *arguments)
    assert found.exit_code == 2
    assert says in found.stderr


def test_a_limit_that_cannot_work_is_refused(bad) -> None:
    found = trimtab("judge", "--file", bad, *ARMS, *COUNTERS, "--alpha", "5")
    assert found.exit_code == 2
    assert "alpha must be a share" in found.stderr


def test_an_engine_that_is_not_there_is_told() -> None:
    found = trimtab("judge", "--from", "http://127.0.0.1:9", *ARMS, *COUNTERS, "--since", "10m")
    assert found.exit_code == 2
    assert "cannot be asked" in found.stderr
