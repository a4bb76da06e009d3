"""What is wrong with a page that can be read."""

import pytest

from probes.exposition import Limits, read_slow
from probes.page_faults import page_faults

GOOD = 'a_bucket{le="1"} 1\na_bucket{le="+Inf"} 2\nb 1\n'


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ('a_bucket{le="1"} 1\n', "a_bucket has no bucket +Inf: what is beyond 1 is not seen"),
        (
            'a_bucket{le="1"} 3\na_bucket{le="+Inf"} 2\n',
            "a_bucket falls from 3 at 1 to 2 at inf",
        ),
        ("a_bucket 3\n", "a_bucket has a bucket whose edge is 'missing'"),
        ('a_bucket{le="x"} 3\n', "a_bucket has a bucket whose edge is 'x'"),
        ('a_bucket{le="NaN"} 3\n', "a_bucket has a bucket whose edge is 'NaN'"),
    ],
)
def test_a_histogram_that_cannot_be_relied_on_is_told(page, fault):
    assert page_faults(read_slow((GOOD.replace("a_", "z_") + page).encode(), Limits())) == (fault,)


def test_a_sound_page_has_no_faults_and_a_broken_one_not_too_many():
    assert page_faults(read_slow(GOOD.encode(), Limits())) == ()
    many = "".join(f'a{number}_bucket{{le="1"}} 1\n' for number in range(99))
    assert len(page_faults(read_slow(many.encode(), Limits()))) == 20
