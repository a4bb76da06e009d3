from datetime import UTC, datetime

import pytest

from controlplane.decide.freeze import Freeze, frozen
from slo import Exclusion

FRIDAY = datetime(2026, 1, 2, 17, tzinfo=UTC).timestamp()
HOUR = 3600.0
WEEKEND = Freeze(
    name="weekend",
    when=Exclusion(start=FRIDAY, end=FRIDAY + 63 * HOUR, rule="FREQ=WEEKLY"),
    services=("chat-*",),
)


@pytest.mark.parametrize(
    ("service", "hours", "until"),
    [
        pytest.param("chat-a", -1.0, "", id="before"),
        pytest.param("chat-a", 0.0, "2026-01-05T08:00:00Z", id="from its first second"),
        pytest.param("chat-a", 63.0, "", id="not at its end"),
        pytest.param("chat-a", 7 * 24.0 + 1.0, "2026-01-12T08:00:00Z", id="a week later"),
        pytest.param("embed", 1.0, "", id="another service"),
    ],
)
def test_only_those_it_names_wait_and_only_while_it_lasts(service, hours, until):
    found = frozen([WEEKEND], service, now=FRIDAY + hours * HOUR)
    assert found == (f"frozen by weekend until {until}" if until else "")
