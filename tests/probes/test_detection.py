"""Which servers a page belongs to: several on one page, fresh ones, renamed ones, and none."""

import pytest

from probes.detection import detect
from probes.exposition import Format, Page, read_slow
from probes.indicators import Distribution, Form, Level, Ratio, Source
from probes.reading import read_service
from tests.probes.known_pages import LIMITS, bad_of_all, body, counted, page_of, profiles, read

KSERVE = """# TYPE request_preprocess_seconds histogram
request_preprocess_seconds_bucket{model_name="tiny",le="0.005"} 180
request_preprocess_seconds_bucket{model_name="tiny",le="+Inf"} 180
request_preprocess_seconds_count{model_name="tiny"} 180
# TYPE request_predict_seconds histogram
request_predict_seconds_bucket{model_name="tiny",le="0.005"} 100
request_predict_seconds_bucket{model_name="tiny",le="+Inf"} 180
request_predict_seconds_count{model_name="tiny"} 180
# TYPE request_postprocess_seconds histogram
request_postprocess_seconds_count{model_name="tiny"} 160
# TYPE request_explain_seconds histogram
"""


def systems(page: Page) -> list[str]:
    return [found.profile.name for found in detect(page, profiles())]


def test_envoy_tells_the_versions_of_a_canary_apart_by_their_clusters() -> None:
    page = page_of("envoy.canary")
    (envoy,) = detect(page, profiles())
    reading = read_service(envoy.profile, [page], model="")
    assert reading is not None
    assert reading.by_label
    assert counted(page, reading.part(model="", version="v2")) == 35
    assert counted(page, reading.requests(model="", version="v2")) == 5067
    assert counted(page, reading.part(model="", version="v1")) == 0


def test_kserve_fails_by_subtraction() -> None:
    page = read(KSERVE)
    (kserve,) = detect(page, profiles())
    ratio = kserve.found[0].indicator
    assert isinstance(ratio, Ratio)
    assert (kserve.profile.name, ratio.source) == ("kserve", Source.SUBTRACTION)
    assert bad_of_all(page, ratio) == (20, 180)
    assert kserve.models == {"tiny": ()}
    assert kserve.confidence == "certain"


def test_one_page_can_hold_several_servers_and_the_nearest_to_the_client_is_first() -> None:
    envoy = body("envoy")
    assert systems(read(body("mlserver") + envoy)) == ["envoy", "mlserver"]
    both = systems(read(body("triton-gpu.from-source") + body("dcgm-exporter.from-source")))
    assert both == ["triton", "dcgm"]


def test_qpext_serves_the_queue_proxy_and_the_container_on_one_page() -> None:
    found = detect(read(body("knative-queue-proxy.from-source") + KSERVE), profiles())
    assert [one.profile.name for one in found] == ["knative", "kserve"]
    assert [dict(one.models) for one in found] == [{"iris": ("iris-00002",)}, {"tiny": ()}]


def test_an_istio_proxy_is_not_an_envoy_besides() -> None:
    assert systems(read(body("istio.from-source") + body("envoy"))) == ["istio"]


def test_two_ways_to_the_same_cloud_are_told_apart_by_their_labels() -> None:
    count = 'aws_lambda_invocations_sum{%s="f"} 1\n'
    assert systems(read(count % "function_name")) == ["aws-lambda-cloudwatch"]
    assert systems(read(count % "dimension_FunctionName")) == ["aws-lambda-yace"]


def only_declared(text: str) -> Page:
    return read("".join(f"{line}\n" for line in text.splitlines() if line.startswith("# TYPE")))


@pytest.mark.parametrize("name", ["bentoml", "mlserver", "torchserve", "triton", "vllm"])
def test_a_fresh_server_is_likely_what_its_declarations_say(name: str) -> None:
    (found,) = detect(only_declared(body(name)), profiles())
    assert (found.profile.name, found.confidence) == (name, "likely")
    assert found.found
    assert not any(one.sampled for one in found.found)
    assert not found.models


def test_a_fresh_kserve_is_likely_one() -> None:
    (found,) = detect(only_declared(KSERVE), profiles())
    assert (found.profile.name, found.confidence) == ("kserve", "likely")


@pytest.mark.parametrize("sample", ["", 'vllm:request_success_total{model_name="m"} 4\n'])
def test_openmetrics_names_a_counter_without_its_suffix(sample: str) -> None:
    text = f"# TYPE vllm:request_success counter\n{sample}# EOF\n"
    page = read_slow(text.encode(), LIMITS, Format.OPENMETRICS)
    (found,) = detect(page, profiles())
    (availability,) = found.found
    assert (found.profile.name, found.confidence) == ("vllm", "certain" if sample else "likely")
    assert str(availability.indicator.needs[0]) == "vllm:request_success_total"
    assert (availability.sampled, availability.also) == (bool(sample), ())


def test_what_has_samples_goes_before_what_is_only_declared() -> None:
    fresh = [
        line
        for line in body("vllm").splitlines()
        if not line.startswith(("http_requests_total", "http_request_duration"))
    ]
    (found,) = detect(read("\n".join(fresh) + "\n"), profiles())
    ratio = found.found[0].indicator
    assert isinstance(ratio, Ratio)
    assert (ratio.source, found.found[0].also) == (Source.ENGINE, ())


def test_a_page_that_no_profile_knows_is_nobody() -> None:
    assert systems(page_of("blackbox_exporter")) == []
    assert systems(read("up 1\n")) == []


def test_renamed_metrics_are_followed() -> None:
    old = body("vllm")
    for new, before in (
        ("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"),
        ("vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds"),
        ("vllm:request_success_total", "vllm:request_success"),
        ("vllm:prompt_tokens_total", "vllm:prompt_tokens"),
    ):
        old = old.replace(new, before)
    now = {one.indicator.name for one in detect(page_of("vllm"), profiles())[0].found}
    (found,) = detect(read(old), profiles())
    assert {one.indicator.name for one in found.found} == now
    assert all(one.sampled for one in found.found)
    assert found.models == {"tinyllama": ()}


def test_an_exporter_that_adds_periods_up_is_read_as_counters() -> None:
    text = body("gcf-stackdriver_exporter.from-source")
    for form, page in (
        (Form.PERIOD, read(text)),
        (Form.COUNTER, read(text.replace("_count gauge", "_count counter"))),
    ):
        for detected in detect(page, profiles()):
            for found in detected.found:
                assert isinstance(found.indicator, Ratio | Distribution)
                assert (found.indicator.form, found.also) == (form, ())


def test_a_name_that_clients_made_up_is_kept_apart_with_the_reason() -> None:
    (found,) = detect(page_of("mlserver"), profiles())
    assert set(found.models) == {"tiny"}
    assert found.doubtful["nope"].startswith("none of its 20 requests succeeded")


def test_a_model_that_always_fails_is_an_outage_when_nothing_else_succeeds() -> None:
    page = read(
        'model_infer_request_success_total{model="m",version="1"} 0\n'
        'model_infer_request_failure_total{model="m",version="1"} 9\n'
        'rest_server_requests_total{path="/v2/models/{model_name}/infer",status_code="500"} 9\n'
    )
    (found,) = detect(page, profiles())
    assert (dict(found.models), dict(found.doubtful)) == ({"m": ("1",)}, {})


def test_values_that_are_no_versions_are_none() -> None:
    def versions(name: str) -> set[str]:
        (found,) = detect(page_of(name), profiles())
        return {version for versions in found.models.values() for version in versions}

    assert versions("mlserver") == {"v1", "v2"}  # and not "None"
    assert versions("torchserve") == {"2.0"}  # and not "default"
    assert versions("bentoml") == set()  # and not "not available"


def test_a_blank_of_a_card_is_above_all_that_is_known() -> None:
    page = read("DCGM_FI_DEV_GPU_TEMP 9223372036854775794\n")
    (found,) = detect(page, profiles())
    level = next(one.indicator for one in found.found)
    assert isinstance(level, Level)
    assert float(page.values[0]) >= level.blank
