"""Sloth's specifications in, and its rules out: equal to what Sloth itself makes of its examples."""

from pathlib import Path

import pytest
import yaml

from slo import SloError, UnsupportedSpec
from slo.rules import (
    SLOTH_WINDOWS,
    RuleOptions,
    is_sloth,
    read_alert_windows,
    read_sloth,
    sloth_groups,
)

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "sloth"
CASES = FOLDER / "integration-testdata"
pytestmark = pytest.mark.skipif(
    not FOLDER.exists(), reason="Sloth's files are not beside this tree"
)

EXAMPLES = [
    "getting-started",
    "home-wifi",
    "k8s-getting-started",
    "k8s-home-wifi",
    "k8s-multifile",
    "kubernetes-apiserver",
    "multifile",
    "no-alerts",
    "openslo-getting-started",
    "openslo-kubernetes-apiserver",
    "raw-home-wifi",
]
WITH_PLUGINS = [
    "contrib-denominator-corrected.yaml",
    "contrib-slo-plugins.yml",
    "plugin-getting-started.yml",
    "plugin-k8s-getting-started.yml",
    "slo-plugin-getting-started.yml",
    "slo-plugin-k8s-getting-started.yml",
    "victoria-metrics.yml",
]


def golden(path: Path) -> list[list[dict]]:
    """Return the groups of each document, and the templates' own brackets undone."""
    text = path.read_text().replace("{{ .version }}", "dev")
    text = text.replace('{{"{{', "{{").replace('}}"}}', "}}")
    found = [document for document in yaml.safe_load_all(text) if document]
    return [each["groups"] if "groups" in each else each["spec"]["groups"] for each in found]


def made(path: Path, options: RuleOptions) -> list[list[dict]]:
    return [
        [group for slo in file.slos for group in sloth_groups(slo, options)]
        for file in read_sloth(path.read_text(), origin=path.name)
    ]


@pytest.mark.parametrize("name", EXAMPLES)
def test_rules_of_an_example_are_sloth_s_own(name):
    path = FOLDER / f"{name}.yml"
    assert is_sloth(path.read_text())
    options = RuleOptions(extra_labels={"cmd": "examplesgen.sh"})
    assert made(path, options) == golden(FOLDER / "_gen" / path.name)


WEEK = FOLDER / "windows" / "7d.yaml"


@pytest.mark.parametrize(
    ("spec", "expected", "options"),
    [
        ("in-base", "out-base", {}),
        ("in-base", "out-base-28d", {"windows": SLOTH_WINDOWS[28]}),
        ("in-base", "out-base-custom-windows-7d", {"windows": WEEK}),
        ("in-base", "out-base-no-alerts", {"alerts": False}),
        ("in-base", "out-base-no-recordings", {"recordings": False}),
        ("in-base", "out-base-extra-labels", {"extra_labels": {"exk1": "exv1", "exk2": "exv2"}}),
        ("in-base-k8s", "out-base-k8s", {}),
        ("in-multifile", "out-multifile", {}),
        ("in-multifile-k8s", "out-multifile-k8s", {}),
        ("in-openslo", "out-openslo", {}),
    ],
)
def test_rules_of_sloth_s_own_tests_are_sloth_s_own(spec, expected, options):
    if options.get("windows") == WEEK:
        options = {"windows": read_alert_windows(WEEK.read_text())}
    found = made(CASES / f"{spec}.yaml", RuleOptions(**options))
    assert found == golden(CASES / f"{expected}.yaml.tpl")


@pytest.mark.parametrize("name", WITH_PLUGINS)
def test_plugins_are_refused_with_the_reason(name):
    with pytest.raises(UnsupportedSpec, match="plugins are programs of Sloth's; write the queries"):
        read_sloth((FOLDER / name).read_text())


@pytest.mark.parametrize(
    "path", sorted((CASES / "validate" / "good").glob("*")), ids=lambda p: p.name
)
def test_what_sloth_takes_is_read(path):
    assert read_sloth(path.read_text())


@pytest.mark.parametrize(
    "path",
    [*sorted((CASES / "validate" / "bad").glob("*")), CASES / "in-invalid-version.yaml"],
    ids=lambda p: p.name,
)
def test_what_sloth_refuses_is_refused_with_its_line(path):
    with pytest.raises(SloError, match=f"{path.name}:[0-9]+"):
        read_sloth(path.read_text(), origin=path.name)


def test_two_slos_of_one_name_are_refused():
    path = CASES / "validate_with_duplicates" / "bad-prom-multi-duplicates.yaml"
    with pytest.raises(SloError, match="two SLOs are called"):
        read_sloth(path.read_text(), origin=path.name)


@pytest.mark.parametrize(
    ("old", "new", "advice"),
    [
        ("sloPeriod: 7d", "sloPeriod: soon", "sloPeriod 'soon' is no duration"),
        ("errorBudgetPercent: 8", "errorBudgetPercent: 0", "must be above 0, at most 100"),
        ("kind: AlertWindows", "kind: Windows", "one document of kind AlertWindows"),
    ],
)
def test_windows_that_cannot_be_are_refused(old, new, advice):
    with pytest.raises(SloError, match=advice):
        read_alert_windows(WEEK.read_text().replace(old, new))
