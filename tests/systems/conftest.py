"""The systems under test need the optional packages of the reference server."""

import importlib.util

import pytest

collect_ignore = ["servers"]
"""Programs of other virtual environments: they cannot be imported here."""


@pytest.fixture(autouse=True)
def _needs_the_reference_server() -> None:
    missing = [
        name for name in ("onnxruntime", "onnx", "magika") if importlib.util.find_spec(name) is None
    ]
    if missing:
        pytest.skip(f"not installed: {missing}; pip install 'trimtab[reference-server]'")
