"""What a server is started with."""

import pytest

from reference_server.settings import default_cache, default_workers, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_only_this_machine_reaches_a_loopback_address(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "server.example"])  # noqa: S104 -- not bound
def test_other_machines_reach_other_addresses(host: str) -> None:
    assert not is_loopback(host)


def test_defaults_fit_this_machine() -> None:
    assert default_workers() >= 1
    assert default_cache().is_absolute()
