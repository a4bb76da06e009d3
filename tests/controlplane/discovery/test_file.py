"""Targets from files."""

from pathlib import Path

import pytest

from controlplane.discovery.file import FileDiscovery
from controlplane.errors import DiscoveryError, InvalidConfig
from controlplane.target_spec import DiscoverySpec

pytestmark = pytest.mark.anyio


def discovery(folder: Path, path: str = "targets/*") -> FileDiscovery:
    (folder / "targets").mkdir(exist_ok=True)
    return FileDiscovery(DiscoverySpec(kind="file", path=path, service="resnet"), folder)


async def test_files_are_read_in_both_forms_and_again(tmp_path):
    found = discovery(tmp_path)
    assert await found.targets() == ()
    (tmp_path / "targets" / "a.yaml").write_text("- {name: a, url: 'http://x/m'}\n")
    (tmp_path / "targets" / "b.json").write_text('[{"targets": ["y:1"]}]')
    (tmp_path / "targets" / "c.yaml").write_text("")
    assert [target.name for target in await found.targets()] == ["a", "resnet-y-1"]
    (tmp_path / "targets" / "a.yaml").unlink()
    assert [target.name for target in await found.targets()] == ["resnet-y-1"]
    await found.close()


async def test_an_absolute_path_is_taken_as_it_is(tmp_path):
    (tmp_path / "x.yaml").write_text("- {name: a, url: 'http://x/m'}\n")
    assert len(await discovery(tmp_path, str(tmp_path / "*.yaml")).targets()) == 1


@pytest.mark.parametrize("text", ["a: [", "x", "[{targets: x}]", "\x00", "- &a [*a]"])
async def test_a_file_that_cannot_be_read_is_named(tmp_path, text):
    found = discovery(tmp_path)
    (tmp_path / "targets" / "broken.yaml").write_text(text)
    with pytest.raises(DiscoveryError, match=r"broken\.yaml"):
        await found.targets()


async def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("controlplane.discovery.file.MOST_BYTES", 10)
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets" / "a.yaml").write_text("# long enough\n")
    with pytest.raises(DiscoveryError, match="larger than"):
        await discovery(tmp_path).targets()


def test_it_needs_a_path(tmp_path):
    with pytest.raises(InvalidConfig, match="needs path"):
        FileDiscovery(DiscoverySpec(kind="file"), tmp_path)
