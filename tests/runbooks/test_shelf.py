from pathlib import Path

import pytest

from runbooks.errors import InvalidRunbook, UnknownRunbook
from runbooks.shelf import find_runbook, list_runbooks
from tests.runbooks.conftest import HEAD, fence


def test_what_ships_can_be_read() -> None:
    assert "bad-canary" in [book.name for book in list_runbooks()]


def test_a_runbook_of_ones_own_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "bad-canary.md").write_text(HEAD + fence("true"))
    (tmp_path / "mine.md").write_text(HEAD + fence("true"))
    assert find_runbook("bad-canary", tmp_path).title == "A test"
    assert find_runbook("mine", tmp_path).name == "mine"


def test_a_name_that_is_nearly_right_is_told_the_right_one() -> None:
    with pytest.raises(UnknownRunbook, match=r"Did you mean 'bad-canary'\?"):
        find_runbook("bad-canari")
    with pytest.raises(UnknownRunbook, match=r"No runbook 'zzz'\. There are: "):
        find_runbook("zzz")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownRunbook, match="no folder"):
        list_runbooks(tmp_path / "none")


def test_one_bad_file_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "broken.md").write_text("# nothing")
    with pytest.raises(InvalidRunbook, match="broken"):
        list_runbooks(tmp_path)
