"""Third-party systems, found by name."""

import pytest

from probes.errors import UnknownPlugin
from probes.plugins import installed, load
from probes.servers.reference_server import REFERENCE_SERVER


def test_a_system_is_loaded_by_its_name():
    assert load("trimtab.servers", "reference-server") is REFERENCE_SERVER
    assert installed("trimtab.servers")["reference-server"] is REFERENCE_SERVER


@pytest.mark.parametrize(
    ("group", "name", "advice"),
    [
        ("trimtab.servers", "refernce-server", r"Did you mean 'reference-server'\? Installed: "),
        ("trimtab.servers", "zzz", r"called 'zzz'\. Installed: .*reference-server"),
        ("trimtab.nothing", "x", r"Installed: none\."),
    ],
)
def test_an_unknown_name_is_refused_with_those_that_are_known(group, name, advice):
    with pytest.raises(UnknownPlugin, match=advice):
        load(group, name)
