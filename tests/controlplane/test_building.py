from pathlib import Path

import orjson
import pytest

from controlplane.building import make_goldens, make_notifiers, make_promises, make_routers
from controlplane.errors import InvalidConfig
from controlplane.notifiers.log import LogNotifier
from controlplane.routers.reference_server import ReferenceServerRouter
from controlplane.spec import Config, parse_config
from tests.controlplane.small_world import SLO

GOLDEN = orjson.dumps({"request": {"inputs": []}, "expect": {"output": "label", "argmax": 3}})


def config(text: str) -> Config:
    return parse_config(text, origin="test")


def probing(golden: str) -> Config:
    return config(f"services: {{resnet: {{probes: [{{kind: inference{golden}}}]}}}}")


def test_only_a_service_with_a_route_has_a_router() -> None:
    made = make_routers(
        config(
            "services: {bert: {}, resnet: {route: "
            "{router: reference-server, url: 'http://x', name: r}}}"
        )
    )
    assert list(made) == ["resnet"]
    assert isinstance(made["resnet"], ReferenceServerRouter)


def test_a_receiver_with_two_destinations_is_two_notifiers() -> None:
    made = make_notifiers(config("notify: {receivers: {oncall: [{kind: log}, {kind: log}]}}"))
    assert list(made) == [("oncall", 0), ("oncall", 1)]
    assert all(isinstance(notifier, LogNotifier) for notifier in made.values())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "services: {r: {route: {router: envoi, url: 'http://x', name: r}}}",
            "trimtab.routers plugin called 'envoi'",
            id="a router that is not installed",
        ),
        pytest.param(
            "notify: {receivers: {a: [{kind: webhok, url: 'http://x'}]}}",
            r"Did you mean 'webhook'\?",
            id="a notifier that is nearly right",
        ),
        pytest.param(
            "notify: {receivers: {a: [{kind: webhook, url: 'http://x', secret: plain}]}}",
            "must be a reference",
            id="a secret that is a value",
        ),
    ],
)
def test_what_cannot_be_had_is_told_at_the_start(text: str, told: str) -> None:
    def make(found: Config) -> None:
        make_routers(found)
        make_notifiers(found)

    with pytest.raises(InvalidConfig, match=told):
        make(config(text))


def test_a_promise_is_counted_on_probes_too(tmp_path: Path) -> None:
    (tmp_path / "slos.yaml").write_text(SLO)
    push = "{name: d, service: resnet}, {name: e, service: bert}"
    made = make_promises(config(f"{{slos: [slos.yaml], push: [{push}]}}"), beside=tmp_path)
    assert made["availability"].sources == ("trimtab-probes", "trimtab-gpu", "d")


def test_a_golden_question_is_read_once_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "golden.json").write_bytes(GOLDEN)
    made = make_goldens(probing(", golden: golden.json"), beside=tmp_path)
    assert made["golden.json"].argmax == 3


@pytest.mark.parametrize(
    ("golden", "content", "told"),
    [
        pytest.param("", None, "needs golden: FILE", id="no file is named"),
        pytest.param(", golden: none.json", None, "none.json", id="the file is not there"),
        pytest.param(", golden: g.json", b"{}", "No golden question", id="it holds no question"),
    ],
)
def test_an_inference_probe_without_a_question_is_refused(
    tmp_path: Path, golden: str, content: bytes | None, told: str
) -> None:
    if content is not None:
        (tmp_path / "g.json").write_bytes(content)
    with pytest.raises(InvalidConfig, match=told):
        make_goldens(probing(golden), beside=tmp_path)
