"""Files as inputs of magika's network. The oracle is the magika package itself."""

import sys
from pathlib import Path

import pytest

from reference_server.catalogue import MAGIKA
from reference_server.file_type import FileTypeRules
from reference_server.onnx_model import OnnxModel
from reference_server.packages import folder_of

FILES = {
    "python": b"import os\n\n\ndef walk(path: str) -> list[str]:\n    return os.listdir(path)\n"
    * 3,
    "json": b'   {"name": "rain", "values": [1, 2, 3], "on": true}   \n' * 1,
    "html": b"<!DOCTYPE html><html><head><title>x</title></head><body><p>y</p></body></html>",
    "a long page of C": b'#include <stdio.h>\nint main(void) { return printf("x"); }\n' * 200,
    "png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x06" * 20,
    "white space around": b" \n" * 600 + b"select id from users where id = 3;\n" * 9 + b" " * 3000,
    "this program": Path(sys.executable).read_bytes()[:60_000],
}


@pytest.fixture(scope="module")
def folder(cache: Path) -> Path:  # noqa: ARG001 -- skips where the packages are absent
    return folder_of("magika") / MAGIKA


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_labels_equal_those_of_the_magika_package(folder: Path, content: bytes) -> None:
    magika = pytest.importorskip("magika").Magika().identify_bytes(content)
    rules = FileTypeRules.read(folder / "config.min.json")
    (scores,) = OnnxModel(folder / "model.onnx").run({"bytes": rules.features(content)})
    label, score = rules.label(scores[0])
    assert label == magika.dl.label
    assert score == pytest.approx(magika.score, abs=1e-6)


def test_the_metadata_tells_all_that_a_client_needs(folder: Path) -> None:
    rules = FileTypeRules.read(folder / "config.min.json")
    told = rules.parameters()
    told["labels"] = tuple(told["labels"])
    assert FileTypeRules(**told) == rules
