"""Packages of the extra."""

import pytest

from reference_server.errors import CannotStart
from reference_server.packages import folder_of, load_package


@pytest.mark.parametrize("look", [load_package, folder_of])
def test_a_missing_package_says_how_to_get_it(look: object) -> None:
    assert callable(look)
    with pytest.raises(CannotStart, match=r"pip install 'trimtab\[reference-server\]'"):
        look("no_such_package")


def test_a_package_is_found_without_importing_it() -> None:
    assert (folder_of("json") / "decoder.py").is_file()
