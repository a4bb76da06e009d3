"""Deliveries as MLflow makes them: mlflow/webhooks/delivery.py of MLflow 3."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.errors import InvalidConfig, NotTrusted
from controlplane.registries.mlflow_delivery import read_delivery
from controlplane.settings import Secret
from tests.controlplane.registries.mlflow_server import alias_created, signed

SECRET = Secret("a secret of the webhook")
NOW = 1_700_000_000.0
BODY = alias_created("resnet", "champion", "2")


def test_an_alias_that_moved_is_read() -> None:
    found = read_delivery(signed(BODY, SECRET, NOW), BODY, secret=SECRET, now=NOW + 10)
    assert found.kind == "model_version_alias.created"
    assert found.moved is not None
    assert (found.moved.name, found.moved.alias, found.moved.version) == ("resnet", "champion", "2")


def test_a_signature_that_mlflow_made_is_the_one_we_reckon() -> None:
    headers = {
        "x-mlflow-delivery-id": "0d1bd2c4-7d3e-4a83-a8b9-0c6d4dd0a8a1",
        "x-mlflow-timestamp": "1700000000",
        "x-mlflow-signature": "v1,kMFJELDSN0grHsBlkvudNMI1CPzKbkHiwpzoh5W/Yfo=",
    }
    body = b'{"entity": "registered_model", "action": "created", "data": {}}'
    found = read_delivery(headers, body, secret=SECRET, now=NOW)
    assert (found.kind, found.moved) == ("registered_model.created", None)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        pytest.param({"x-mlflow-signature": "v1,AAAA"}, "not signed with the secret", id="forged"),
        pytest.param({"x-mlflow-signature": ""}, "not signed with the secret", id="unsigned"),
        pytest.param({"x-mlflow-signature": "v1,é"}, "not signed with the secret", id="not ASCII"),
        pytest.param({"x-mlflow-timestamp": "1700000001"}, "not signed", id="another time"),
        pytest.param({"x-mlflow-delivery-id": "other"}, "not signed", id="another id"),
        pytest.param({"x-mlflow-timestamp": ""}, "lacks", id="no time"),
        pytest.param({"x-mlflow-timestamp": "1e9"}, "lacks", id="no plain time"),
        pytest.param({"x-mlflow-delivery-id": "a/b"}, "lacks", id="no id"),
    ],
)
def test_what_is_not_signed_so_is_not_believed(headers: dict[str, str], told: str) -> None:
    with pytest.raises(NotTrusted, match=told):
        read_delivery(signed(BODY, SECRET, NOW) | headers, BODY, secret=SECRET, now=NOW)


@pytest.mark.parametrize("late", [-301.0, 301.0])
def test_what_is_too_old_or_too_new_is_not_believed(late: float) -> None:
    with pytest.raises(NotTrusted, match="300 s are believed"):
        read_delivery(signed(BODY, SECRET, NOW), BODY, secret=SECRET, now=NOW + late)


def test_a_body_that_was_changed_is_not_believed() -> None:
    changed = BODY.replace(b'"2"', b'"3"')
    assert changed != BODY
    with pytest.raises(NotTrusted):
        read_delivery(signed(BODY, SECRET, NOW), changed, secret=SECRET, now=NOW)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff", id="no text"),
        pytest.param(b"[" * 100_000, id="endless depth"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"entity": 1}', id="a number for a name"),
        pytest.param(
            json.dumps({"entity": "a", "action": "b", "data": []}).encode(), id="data of no names"
        ),
        pytest.param(alias_created("resnet", "champion", "latest"), id="a version without number"),
        pytest.param(alias_created("", "champion", "1"), id="no model"),
        pytest.param(alias_created("m" * 256, "champion", "1"), id="a name without end"),
    ],
)
def test_what_is_signed_and_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidConfig, match="no event of a model registry"):
        read_delivery(signed(body, SECRET, NOW), body, secret=SECRET, now=NOW)


@given(body=st.binary(max_size=300), name=st.text(max_size=80), moment=st.text(max_size=20))
def test_whatever_comes_is_refused_in_words(body: bytes, name: str, moment: str) -> None:
    forged = {"x-mlflow-delivery-id": name, "x-mlflow-timestamp": moment}
    for headers in (forged | {"x-mlflow-signature": name}, signed(body, SECRET, NOW)):
        with pytest.raises((NotTrusted, InvalidConfig)):
            read_delivery(headers, body, secret=SECRET, now=NOW)
