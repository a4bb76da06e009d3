"""One ONNX graph, loaded, and what it takes and gives."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reference_server.datatypes import Array, TensorSpec, from_onnx_type
from reference_server.errors import CannotStart, ModelFailed
from reference_server.packages import load_package

__all__ = ["OnnxModel"]


class OnnxModel:
    """A session of ONNX Runtime. Threads may share it.

    Args:
        path: The graph.

    Raises:
        CannotStart: The file is no model, or takes what the protocol cannot carry.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._session = _open(path)
        self.inputs = tuple(_specs(self._session.get_inputs()))
        self.outputs = tuple(_specs(self._session.get_outputs()))
        self._names = [spec.name for spec in self.outputs]
        if len(self.inputs) < len(self._session.get_inputs()) or not self.outputs:
            msg = f"{path} takes or gives something that is no tensor, and cannot be served."
            raise CannotStart(msg)

    @property
    def takes_batches(self) -> bool:
        """Whether rows of several requests may be stacked along the first dimension."""
        return all(spec.shape[:1] == (-1,) for spec in (*self.inputs, *self.outputs))

    def run(self, inputs: Mapping[str, Array]) -> list[Array]:
        """Compute every output, in the order of ``outputs``.

        Raises:
            ModelFailed: The runtime refused the inputs or failed.
        """
        try:
            return list(self._session.run(self._names, inputs))
        except Exception as error:
            msg = f"ONNX Runtime did not answer: {str(error).strip()[:300]}"
            raise ModelFailed(msg) from error


def _open(path: Path) -> Any:  # noqa: ANN401 -- onnxruntime has no types
    runtime = load_package("onnxruntime")
    options = runtime.SessionOptions()
    # One thread a request: the server's own workers are the parallelism, and can be counted.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return runtime.InferenceSession(
            str(path), sess_options=options, providers=_providers(runtime)
        )
    except Exception as error:
        msg = f"{path} cannot be loaded by ONNX Runtime: {str(error).strip()[:300]}"
        raise CannotStart(msg) from error


def _providers(runtime: Any) -> list[str]:  # noqa: ANN401 -- onnxruntime has no types
    """Prefer a GPU where this build of ONNX Runtime has one."""
    wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
    offered = runtime.get_available_providers()
    return [name for name in wanted if name in offered]


def _specs(nodes: Iterable[Any]) -> Iterable[TensorSpec]:
    """Describe tensors; leave out maps and sequences, which the protocol cannot carry."""
    for node in nodes:
        datatype = from_onnx_type(node.type)
        if datatype is not None:
            sizes = tuple(size if isinstance(size, int) else -1 for size in node.shape)
            yield TensorSpec(name=node.name, datatype=datatype, shape=sizes)
