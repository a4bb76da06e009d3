from pathlib import Path

import pytest

from controlplane.errors import InvalidConfig
from controlplane.spec import MAX_CONFIG_BYTES, Config, load_config, parse_config

WHOLE = """
targets:
  - {name: resnet-a, url: "http://127.0.0.1:8002/metrics", service: resnet, interval: 500ms}
slos: [slos/*.yaml]
services:
  resnet:
    route: {router: reference-server, url: "http://127.0.0.1:8000", name: resnet}
    rollout: {steps: [5, 25, 50], soak: 1m, alpha: 0.01, margin: {errors: 0.1%}}
    scale: {min: 1, max: 20, in_flight: 8}
    probes: [{kind: ready}, {kind: inference, every: 5s, golden: golden/resnet.json}]
    breaker: {failure_rate: 50%, slow_call: 250ms}
notify:
  receivers: {oncall: [{kind: webhook, url: "https://hooks/x", secret: env:KEY}]}
  routes: [{match: {severity: page}, to: oncall}]
  keep_firing: 2m
storage: {database: "sqlite:///x.db"}
api: {listen: "[::1]:9470"}
telemetry: {traces: traces.jsonl}
"""


def parse(text: str) -> Config:
    return parse_config(text, origin="trimtab.yaml")


def test_a_whole_file_is_read_with_its_units() -> None:
    config = parse(WHOLE)
    resnet = config.services["resnet"]
    assert config.targets[0].interval == 0.5
    assert resnet.rollout.soak == 60.0
    assert resnet.rollout.margin.errors == pytest.approx(0.001)
    assert resnet.breaker is not None
    assert resnet.breaker.failure_rate == 0.5
    assert config.notify.receivers["oncall"][0].url == "https://hooks/x"
    assert config.notify.keep_firing == 120.0


def test_an_empty_file_is_a_plane_that_watches_nothing() -> None:
    assert parse("") == Config()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "target: []", r"target is not a known key\. Did you mean 'targets'\?", id="key"
        ),
        pytest.param(
            "services: {resnet: {rollout: {step: [5]}}}", r"Did you mean 'steps'\?", id="nested key"
        ),
        pytest.param("qqqqqqq: 1", r"qqqqqqq is not a known key\.$", id="no key is near"),
        pytest.param("targets: [", "is not YAML", id="no YAML"),
        pytest.param("- 1", "the document", id="a list is no configuration"),
        pytest.param("api: {listen: nowhere}", r"api\.listen", id="no address"),
        pytest.param(
            "targets: [{name: a, url: 'ftp://x', service: s}]", r"targets\.0\.url", id="no http"
        ),
        pytest.param(
            "targets: [{name: a, url: 'http://x', service: s, interval: 5}, "
            "{name: a, url: 'http://y', service: s}]",
            "two sources are called 'a'",
            id="two targets of one name",
        ),
        pytest.param(
            "targets: [{name: a, url: 'http://x', service: s, interval: soon}]",
            "'soon' is no duration",
            id="no duration",
        ),
        pytest.param(
            "services: {resnet: {breaker: {failure_rate: 50}}}", r"Did you mean 50%\?", id="share"
        ),
        pytest.param(
            "services: {resnet: {rollout: {steps: [25, 5]}}}", r"steps must rise", id="falling"
        ),
        pytest.param(
            "services: {resnet: {rollout: {steps: [5, 5]}}}", r"steps must rise", id="standing"
        ),
        pytest.param(
            "services: {resnet: {rollout: {steps: [100]}}}", "less than 100", id="all is no step"
        ),
        pytest.param("services: {'a b': {}}", r"services\.a b", id="a name that no path can carry"),
    ],
)
def test_a_wrong_file_is_told_where_and_what(text: str, told: str) -> None:
    with pytest.raises(InvalidConfig, match=told) as caught:
        parse(text)
    assert str(caught.value).startswith("trimtab.yaml")


@pytest.mark.parametrize(
    ("receivers", "hint"), [("{}", "none"), ("{chat: [], oncall: []}", "chat, oncall")]
)
def test_a_route_to_nobody_is_told_whom_there_is(receivers: str, hint: str) -> None:
    with pytest.raises(InvalidConfig, match="'pager', which is no receiver") as caught:
        parse(f"notify: {{receivers: {receivers}, routes: [{{to: pager}}]}}")
    assert caught.value.hint == f"known receivers: {hint}"


def test_at_most_five_faults_are_told_at_once() -> None:
    with pytest.raises(InvalidConfig) as caught:
        parse("\n".join(f"wrong{number}: 1" for number in range(20)))
    assert str(caught.value).count("is not a known key") == 5


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "trimtab.yaml"
    path.write_text(WHOLE)
    assert load_config(path).targets[0].name == "resnet-a"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="No such file") as caught:
        load_config(tmp_path / "none.yaml")
    assert "-c" in caught.value.hint


def test_a_file_of_another_size_class_is_not_even_parsed(tmp_path: Path) -> None:
    path = tmp_path / "trimtab.yaml"
    path.write_bytes(b"#" * (MAX_CONFIG_BYTES + 1))
    with pytest.raises(InvalidConfig, match=r"larger than 1 MiB\. Is it really"):
        load_config(path)


def test_the_most_replicas_are_not_fewer_than_the_least() -> None:
    with pytest.raises(InvalidConfig, match="min 5 is above max 2"):
        parse_config("services: {a: {scale: {min: 5, max: 2}}}", origin="test")


@pytest.mark.parametrize(
    ("service", "told"),
    [
        pytest.param(
            "route: {router: envoy, name: a}", "a router needs a url", id="a router nowhere"
        ),
        pytest.param(
            "route: {router: external, name: a}, probes: [{kind: ready}]",
            "external knows none",
            id="probes of unknown versions",
        ),
    ],
)
def test_a_route_is_either_ours_or_somebody_elses(service: str, told: str) -> None:
    with pytest.raises(InvalidConfig, match=told):
        parse_config(f"services: {{a: {{{service}}}}}", origin="trimtab.yaml")


def test_no_error_at_all_is_no_share_that_can_be_tolerated() -> None:
    """The analysis needs one above 0; a file that says 0 would fail in every round."""
    with pytest.raises(InvalidConfig, match="tolerable_errors"):
        parse_config("services: {a: {rollout: {tolerable_errors: 0}}}", origin="trimtab.yaml")
