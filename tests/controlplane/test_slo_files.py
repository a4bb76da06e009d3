from pathlib import Path

import pytest

from controlplane.errors import InvalidConfig
from controlplane.slo_files import MAX_FILE_BYTES, read_slo_files
from tests.controlplane.small_world import SLO


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "slos").mkdir()
    (tmp_path / "slos" / "a.yaml").write_text(SLO)
    (tmp_path / "slos" / "b.yaml").write_text(SLO.replace("availability", "other"))
    return tmp_path


@pytest.mark.parametrize("pattern", ["slos/*.yaml", "{}/slos/*.yaml"])
def test_a_pattern_finds_files_beside_or_anywhere(folder: Path, pattern: str) -> None:
    found = read_slo_files((pattern.format(folder),), beside=folder)
    assert [slo.name for slo in found] == ["availability", "other"]


def test_no_pattern_is_no_slo(tmp_path: Path) -> None:
    assert read_slo_files((), beside=tmp_path) == ()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        pytest.param(
            "c.yaml", SLO.encode(), "SLO availability, metadata.name is used twice", id="twice"
        ),
        pytest.param("c.yaml", b"kind: Pod", "c.yaml", id="something else"),
        pytest.param("c.yaml", b"\xff\xfe", "c.yaml", id="no text"),
        pytest.param("c.yaml", b"#" * (MAX_FILE_BYTES + 10), "c.yaml", id="far too large"),
    ],
)
def test_a_file_that_cannot_be_is_named(folder: Path, name: str, content: bytes, told: str) -> None:
    (folder / "slos" / name).write_bytes(content)
    with pytest.raises(InvalidConfig, match=told):
        read_slo_files(("slos/*.yaml",), beside=folder)


def test_a_pattern_that_matches_nothing_says_where_it_looked(folder: Path) -> None:
    with pytest.raises(InvalidConfig, match="No SLO file matches") as caught:
        read_slo_files(("slo/*.yaml",), beside=folder)
    assert "relative to the folder of trimtab.yaml" in caught.value.hint
