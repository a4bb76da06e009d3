"""Which models were asked for."""

from pathlib import Path

import pytest

from reference_server.catalogue import find_models
from reference_server.errors import CannotStart


def test_your_own_file_needs_no_code(tmp_path: Path) -> None:
    for name in ("fraud.onnx", "odd:7"):
        (tmp_path / name).write_bytes(b"")
    asked = [
        f"fraud={tmp_path}/fraud.onnx",
        f"fraud={tmp_path}/fraud.onnx:2",
        f"odd={tmp_path}/odd:7",
    ]
    found = find_models(asked, cache=tmp_path, versions=[])
    assert [(file.name, file.version, file.path.name) for file in found] == [
        ("fraud", "1", "fraud.onnx"),
        ("fraud", "2", "fraud.onnx"),
        ("odd", "1", "odd:7"),
    ]


def test_a_set_of_builds_can_be_chosen(cache: Path) -> None:
    found = find_models(["magika"], cache=cache, versions=["2", "1"])
    assert [file.version for file in found] == ["2", "1"]
    assert len(found[0].parameters["labels"]) == 214


@pytest.mark.parametrize(
    ("asked", "versions", "says"),
    [
        pytest.param([], [], "--model magika", id="nothing"),
        pytest.param(["resnet"], [], "Shipped: magika, iris", id="an unknown name"),
        pytest.param(["magika"], ["4"], "no build '4'", id="an unknown build"),
        pytest.param(["a=nowhere.onnx"], [], "no file nowhere.onnx", id="a missing file"),
        pytest.param(["a=nowhere:2"], [], "no file nowhere:2", id="a missing file of a version"),
        pytest.param(["a/b={path}"], [], "names no model", id="a name with a slash"),
        pytest.param(["a={path}:?"], [], "names no model", id="a version with a question mark"),
        pytest.param(["a={path}", "a={path}"], [], "named twice.*PATH:VERSION", id="one twice"),
    ],
)
def test_what_cannot_be_found_says_what_can(
    tmp_path: Path, asked: list[str], versions: list[str], says: str
) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"")
    with pytest.raises(CannotStart, match=says):
        find_models([text.format(path=path) for text in asked], cache=tmp_path, versions=versions)
