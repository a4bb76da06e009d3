"""Builds of a model made at the start: true versions, with one interface and different cost.

Builds are kept by what they were made from, so a second start finds them.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from reference_server.errors import CannotStart
from reference_server.packages import load_package

__all__ = ["BUILDS", "build_versions", "free_the_batch"]

RECIPES = "1"
"""Part of every key: raise it when a recipe changes."""


def _optimise(source: Path, target: Path) -> None:
    """Let ONNX Runtime fuse what it can, and keep the graph that comes out."""
    runtime = load_package("onnxruntime")
    options = runtime.SessionOptions()
    options.optimized_model_filepath = str(target)
    # One level below all: the highest level writes graphs that only this kind of CPU can run.
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.log_severity_level = 3
    runtime.InferenceSession(str(source), sess_options=options, providers=["CPUExecutionProvider"])


def _quantise(source: Path, target: Path) -> None:
    """Keep weights as 8-bit integers: a quarter of the size; on many CPUs slower, not faster."""
    prepared = target.with_suffix(".prepared.onnx")
    shapes = load_package("onnxruntime.quantization.shape_inference")
    shapes.quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    quantization = load_package("onnxruntime.quantization")
    kind = quantization.QuantType.QUInt8
    quantization.quantize_dynamic(str(prepared), str(target), weight_type=kind)


def free_the_batch(source: Path, target: Path) -> None:
    """Let the first dimension be any size, and give class scores as a tensor, not as maps."""
    onnx = load_package("onnx")
    model = onnx.load(str(source))
    graph = model.graph
    for node in [node for node in graph.node if node.op_type == "ZipMap"]:
        tensor = onnx.helper.make_tensor_value_info(
            node.input[0], onnx.TensorProto.FLOAT, ["batch", None]
        )
        kept = [output for output in graph.output if output.name != node.output[0]]
        del graph.output[:]
        graph.output.extend([*kept, tensor])
        graph.node.remove(node)
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.save(model, str(target))


Recipe = Callable[[Path, Path], None]

BUILDS: dict[str, Recipe | None] = {"1": None, "2": _optimise, "3": _quantise}
"""Version -> how it is made; None is the graph as it was shipped."""


def build_versions(
    source: Path, cache: Path, recipes: Iterable[tuple[str, Recipe | None]]
) -> dict[str, Path]:
    """Make the builds that are not there yet.

    Args:
        source: The graph as shipped.
        cache: A folder of our own; it is made where it is missing.
        recipes: Pairs of version and recipe.

    Returns:
        A path per version.

    Raises:
        CannotStart: The folder cannot be written; the message names ``--cache-dir``.
    """
    version = load_package("onnxruntime").__version__
    digest = hashlib.blake2b(source.read_bytes(), digest_size=8).hexdigest()
    folder = cache / f"{source.stem}-{digest}-ort{version}-r{RECIPES}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return {
            version: source if recipe is None else _build(source, folder / version, recipe)
            for version, recipe in recipes
        }
    except OSError as error:
        msg = f"The builds cannot be kept in {cache}: {error}. Name another folder: --cache-dir DIR"
        raise CannotStart(msg) from error


def _build(source: Path, stem: Path, recipe: Recipe) -> Path:
    """Make one build beside its place, then move it there: no one ever sees half a file."""
    target = stem.with_name(f"{stem.name}.onnx")
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=target.parent) as workshop:
            made = Path(workshop) / target.name
            recipe(source, made)
            os.replace(made, target)  # noqa: PTH105 -- one word that says: atomic
    return target
