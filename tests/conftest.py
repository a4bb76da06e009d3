"""Fixtures that every test may use, and the rule about skips."""

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

# A busy machine is no fault of the code: no example fails for the time it took.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

NO_SKIP = bool(os.environ.get("TRIMTAB_TEST_NO_SKIP"))  # noqa: TID251 -- set by .ci/run
"""Where every dependency was installed, a skip for want of one is a failure."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, the loop the product runs on."""
    return "asyncio"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn skips into failures where nothing may be missing; only a GPU still may."""
    report = yield
    if NO_SKIP and report.skipped and item.get_closest_marker("gpu") is None:
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be missing: {report.longrepr}"
    return report
