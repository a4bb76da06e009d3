"""Which side of an edge is read, and which edges say anything."""

import numpy as np
import pytest

from canary_analysis.evidence import Table
from canary_analysis.latency_edges import informative, read_from_below


@pytest.mark.parametrize(
    ("share_above", "below"),
    [
        pytest.param(0.05, False, id="the tail is read from above"),
        pytest.param(0.95, True, id="an edge that most exceed is read from below"),
        pytest.param(0.5, False, id="in the middle the canary's own requests bound best"),
    ],
)
def test_the_side_with_the_smallest_margin_is_read(share_above, below):
    table = Table(
        canary_above=np.array([round(250 * share_above)]),
        canary_total=np.array([250]),
        baseline_above=np.array([round(750 * share_above)]),
        baseline_total=np.array([750]),
    )
    assert read_from_below(table).tolist() == [below]


@pytest.mark.parametrize(
    ("above", "total", "says"),
    [
        pytest.param(20, 1_000, True, id="enough on the slow side"),
        pytest.param(980, 1_000, True, id="enough on the fast side"),
        pytest.param(19, 1_000, False, id="too few events"),
        pytest.param(50, 10_000, False, id="too small a share"),
        pytest.param(0, 0, False, id="no requests"),
    ],
)
def test_an_edge_needs_requests_on_both_sides(above, total, says):
    assert informative(np.array([above]), np.array([total])).tolist() == [says]
