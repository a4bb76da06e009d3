"""What the demo asks: pieces of real files of this very installation, and one known answer."""

from importlib.metadata import files
from itertools import islice
from pathlib import Path

import httpx
import orjson

__all__ = ["golden_question", "sample_questions"]

BLOCK, SIDE, PADDING = 4096, 1024, 256
MODEL_INPUT = "bytes"
HOW_MANY = 24
SUFFIXES = (".py", ".json", ".toml", ".md", ".txt", ".pyi", ".typed")


def sample_questions() -> tuple[bytes, ...]:
    """Return request bodies made from files of our own and of a dependency."""
    found = [path for path in files("rich") or () if path.suffix in SUFFIXES]
    contents = (Path(path.locate()).read_bytes() for path in found)
    asked = islice((content for content in contents if len(content) > SIDE), HOW_MANY)
    return tuple(_request(content) for content in asked)


def golden_question(url: str, model: str, version: str) -> bytes:
    """Ask a version that is trusted, and return question and answer as a golden file.

    Args:
        url: Of the model server.
        model: Which model.
        version: Which version knows.
    """
    body = sample_questions()[0]
    path = f"/v2/models/{model}/versions/{version}/infer"
    headers = {"x-synthetic": "true"}
    answer = httpx.post(url + path, content=body, headers=headers, timeout=10.0).json()
    output = answer["outputs"][0]
    best = max(range(len(output["data"])), key=output["data"].__getitem__)
    expect = {"output": output["name"], "argmax": best}
    return orjson.dumps({"request": orjson.loads(body), "expect": expect})


def _request(content: bytes) -> bytes:
    """Return the request for a file's content: its first and last bytes, padded."""
    first = list(content[:BLOCK].lstrip()[:SIDE])
    last = list(content[-BLOCK:].rstrip()[-SIDE:])
    pad = [PADDING] * (2 * SIDE - len(first) - len(last))
    tensor = {
        "name": MODEL_INPUT,
        "shape": [1, 2 * SIDE],
        "datatype": "INT32",
        "data": [*first, *pad, *last],
    }
    return orjson.dumps({"inputs": [tensor]})
