"""One ONNX graph."""

from pathlib import Path

import numpy as np
import pytest

from reference_server.errors import CannotStart, ModelFailed
from reference_server.onnx_model import OnnxModel
from reference_server.packages import folder_of


def test_a_graph_tells_what_it_takes_and_gives(iris: Path) -> None:
    model = OnnxModel(iris)
    assert [(spec.name, spec.datatype, spec.shape) for spec in model.inputs] == [
        ("float_input", "FP32", (-1, 2))
    ]
    assert [spec.datatype for spec in model.outputs] == ["INT64", "FP32"]
    assert model.takes_batches


def test_a_graph_of_fixed_size_takes_no_batches(cache: Path) -> None:  # noqa: ARG001 -- skips
    model = OnnxModel(folder_of("onnxruntime") / "datasets" / "sigmoid.onnx")
    assert not model.takes_batches


def test_maps_are_left_out_of_what_is_served(cache: Path) -> None:  # noqa: ARG001 -- skips
    model = OnnxModel(folder_of("onnxruntime") / "datasets" / "logreg_iris.onnx")
    assert [spec.name for spec in model.outputs] == ["label"]


def test_a_flower_is_known(iris: Path) -> None:
    label, scores = OnnxModel(iris).run({"float_input": np.array([[5, 3]], dtype=np.float32)})
    assert label.tolist() == [0]
    assert scores.sum() == pytest.approx(1.0)


def test_a_file_that_is_no_model_stops_the_start(tmp_path: Path, cache: Path) -> None:  # noqa: ARG001 -- skips
    path = tmp_path / "m.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(CannotStart, match="cannot be loaded"):
        OnnxModel(path)


def test_a_model_that_gives_no_tensor_stops_the_start(tmp_path: Path, cache: Path) -> None:  # noqa: ARG001 -- skips
    onnx = pytest.importorskip("onnx")
    model = onnx.load(folder_of("onnxruntime") / "datasets" / "logreg_iris.onnx")
    del model.graph.output[0]
    onnx.save(model, tmp_path / "maps.onnx")
    with pytest.raises(CannotStart, match="no tensor"):
        OnnxModel(tmp_path / "maps.onnx")


def test_inputs_that_the_runtime_refuses_are_a_failure_of_the_model(iris: Path) -> None:
    with pytest.raises(ModelFailed, match="did not answer"):
        OnnxModel(iris).run({"float_input": np.ones((1, 3), dtype=np.float32)})
