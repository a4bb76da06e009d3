import importlib.util
import os

import pytest


@pytest.fixture(autouse=True)
def _needs_the_reference_server() -> None:
    """Skip visibly without the optional packages; where all of them must be there, fail instead."""
    packages = ("onnxruntime", "onnx", "magika")
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing and os.environ.get("TRIMTAB_TEST_NO_SKIP"):  # noqa: TID251 -- set by .ci/run
        pytest.fail(f"not installed: {missing}")
    if missing:
        pytest.skip(f"not installed: {missing}; pip install 'trimtab[reference-server]'")
