"""What an SLO rests on."""

from probes.indicators import Source
from probes.plugins import installed
from probes.provenance import Provenance, rests_on

TRITON = installed("trimtab.servers")["triton"]
KSERVE = installed("trimtab.servers")["kserve"]


def test_an_slo_rests_on_what_its_servers_profile_says():
    found = rests_on({"nv_inference_request_success"}, [TRITON])
    assert (found.source, found.system) == (Source.ENGINE, "triton")
    assert found.title == "counter of the inference engine (triton)"
    assert found.cannot_see
    assert rests_on({"request_predict_seconds_count"}, [KSERVE]).source is Source.SUBTRACTION


def test_a_probe_is_known_by_its_metric_and_a_stranger_is_not_guessed_at():
    assert rests_on({"trimtab_probe_total"}, []).title == "probe"
    assert rests_on({"my_requests_total"}, [TRITON]) == Provenance()
    assert Provenance().title == "metrics that no profile knows"
