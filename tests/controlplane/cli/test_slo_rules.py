"""trimtab slo rules and import."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from controlplane.cli import app
from controlplane.cli.exits import Exit
from slo import read_openslo
from slo.rules import read_pyrra
from tests.controlplane.small_world import SLO

SLOTH = """
version: prometheus/v1
service: shop
slos:
  - name: answers
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(requests_total{code=~"5.."}[{{.window}}]))
        total_query: sum(increase( requests_total[{{ .window }}] ))
    alerting: {name: Burns, page_alert: {labels: {to: oncall}}, ticket_alert: {disable: true}}
"""
PYRRA = """
apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: chat-errors, namespace: inference}
spec:
  target: "99.5"
  window: 2w
  indicator:
    ratio:
      errors: {metric: 'requests_total{code=~"5.."}'}
      total: {metric: requests_total}
      grouping: [model]
"""


def run(*arguments: object):
    return CliRunner().invoke(app, ["slo", *map(str, arguments)])


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    path = tmp_path / "ours.yaml"
    path.write_text(SLO)
    return path


@pytest.fixture
def sloth(tmp_path: Path) -> Path:
    path = tmp_path / "sloth.yml"
    path.write_text(SLOTH)
    return path


def test_sloth_s_slo_becomes_ours(sloth):
    made = run("import", sloth)
    (found,) = read_openslo(made.stdout)
    assert (found.name, found.objective.target) == ("shop-answers", 0.999)
    assert str(found.sli) == 'bad requests_total{code=~"5.."} of requests_total'


def test_pyrra_s_objective_becomes_ours(tmp_path):
    path = tmp_path / "pyrra.yaml"
    path.write_text(PYRRA)
    (found,) = read_openslo(run("import", path).stdout)
    (meant,) = read_pyrra(PYRRA)
    assert (found.sli, found.objective, found.blame_by) == (meant.sli, meant.objective, ("model",))
    gauge = PYRRA.partition("    ratio:")[0] + "    bool_gauge: {metric: probe_success}\n"
    path.write_text(gauge)
    (found,) = read_openslo(run("import", path).stdout)
    assert str(found.sli) == "probe_success >= 1"


def test_rules_of_both_kinds_of_files_are_written_together(ours, sloth):
    groups = yaml.safe_load(run("rules", ours, sloth).stdout)["groups"]
    assert [group["name"] for group in groups] == [
        "trimtab-slo-availability",
        "trimtab-slo-shop-answers",
    ]
    for group in groups:  # alerts come last: they judge what was recorded just before
        kinds = ["alert" if "alert" in rule else "record" for rule in group["rules"]]
        assert set(kinds) == {"alert", "record"}
        assert kinds == sorted(kinds, reverse=True)
    (without,) = yaml.safe_load(run("rules", ours, "--no-alerts").stdout)["groups"]
    assert without["rules"] == [rule for rule in groups[0]["rules"] if "record" in rule]


def test_a_new_prometheus_is_told_not_to_extrapolate(ours):
    assert "[30m anchored]" in run("rules", ours, "--prometheus", "3.16").stdout
    assert "anchored" not in run("rules", ours, "--prometheus", "3.15").stdout


def test_sloth_s_rules_take_its_options(sloth):
    made = run("rules", sloth, "--form", "sloth", "--window", 28, "--extra-labels", "a=b")
    groups = yaml.safe_load(made.stdout)["groups"]
    assert groups[0]["rules"][0]["labels"]["a"] == "b"
    assert [len(group["rules"]) for group in groups] == [8, 7, 1]


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        (["--window", 7, "--form", "sloth"], "--window must be 28 or 30 days, not 7"),
        (["--extra-labels", "a"], "--extra-labels 'a' is no k=v"),
        (["--prometheus", "new"], "--prometheus 'new' is no version"),
        (["--windows", "none.yaml"], "none.yaml cannot be read"),
    ],
)
def test_options_that_cannot_be_are_refused(ours, options, advice):
    ended = run("rules", ours, *options)
    assert ended.exit_code == Exit.USAGE
    assert advice in ended.stderr


def test_what_cannot_be_counted_is_told_with_the_fix(tmp_path):
    path = tmp_path / "raw.yml"
    path.write_text(SLOTH.replace("sum(rate(requests_total{", "max(rate(requests_total{"))
    ended = run("import", path)
    assert ended.exit_code == Exit.USAGE
    assert "is no sum(rate(counter[{{.window}}]))" in ended.stderr
