"""Builds made at the start."""

from pathlib import Path

import numpy as np
import pytest

from reference_server.catalogue import find_models
from reference_server.errors import CannotStart
from reference_server.model_builds import build_versions
from reference_server.onnx_model import OnnxModel


@pytest.fixture(scope="module")
def magika(cache: Path) -> dict[str, OnnxModel]:
    files = find_models(["magika"], cache=cache, versions=["1", "2", "3"])
    return {file.version: OnnxModel(file.path) for file in files}


def test_every_build_has_one_interface(magika: dict[str, OnnxModel]) -> None:
    assert {(model.inputs, model.outputs) for model in magika.values()} == {
        (magika["1"].inputs, magika["1"].outputs)
    }


def test_every_build_gives_about_the_same_answer(magika: dict[str, OnnxModel]) -> None:
    row = np.frombuffer((b"def f(x):\n    return x + 1\n" * 100)[:2048], dtype=np.uint8)
    inputs = {"bytes": row.astype(np.int32)[np.newaxis]}
    answers = {version: model.run(inputs)[0] for version, model in magika.items()}
    assert np.abs(answers["2"] - answers["1"]).max() < 1e-4
    assert np.abs(answers["3"] - answers["1"]).max() < 0.2
    assert not np.array_equal(answers["3"], answers["1"])


def test_a_second_start_finds_the_builds_of_the_first(tmp_path: Path) -> None:
    source = tmp_path / "source.onnx"
    source.write_bytes(b"graph")
    made: list[Path] = []

    def recipe(_: Path, target: Path) -> None:
        made.append(target)
        target.write_bytes(b"built")

    pytest.importorskip("onnxruntime", reason="needs pip install 'trimtab[reference-server]'")
    first = build_versions(source, tmp_path / "cache", [("1", None), ("2", recipe)])
    second = build_versions(source, tmp_path / "cache", [("1", None), ("2", recipe)])
    assert first == second
    assert first["1"] == source
    assert first["2"].read_bytes() == b"built"
    assert len(made) == 1


def test_a_build_that_breaks_off_leaves_nothing(tmp_path: Path, cache: Path) -> None:  # noqa: ARG001 -- skips without the packages
    source = tmp_path / "source.onnx"
    source.write_bytes(b"graph")

    def recipe(_: Path, target: Path) -> None:
        target.write_bytes(b"ha")
        raise ValueError("broke off")

    with pytest.raises(ValueError, match="broke off"):
        build_versions(source, tmp_path / "cache", [("2", recipe)])
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_written_names_the_option(tmp_path: Path, iris: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("")
    with pytest.raises(CannotStart, match="--cache-dir DIR"):
        build_versions(iris, taken, [("1", None)])
