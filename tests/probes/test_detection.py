"""Every page we have is recognised as what it is, and read as `servers.md` says.

What is expected stands in golden/detect, one file a page, and was written against the research on
real servers: units, shapes, buckets, what is good and what is bad. `LOADS` holds what each server
could see of a known load of 160 good requests, 20 with bad input, 10 for an unknown model and 10
that were no JSON.
"""

import json
from functools import cache
from math import isnan
from pathlib import Path
from typing import Any

import pytest

from probes.detection import Detected, Found, detect
from probes.exposition import Format, Limits, Page, read_slow
from probes.indicators import Distribution, Form, Level, Ratio, Shape, Source
from probes.plugins import installed
from probes.reading import read_service
from probes.server_profile import ServerProfile
from slo import Selector

PAGES = Path(__file__).parents[3] / "shared" / "data" / "metrics-pages"
GOLDEN = Path(__file__).parent / "golden" / "detect"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.json"))
LIMITS = Limits(samples=100_000, lines=500_000)

# The page, the indicator's name, its source, and what it counts as bad and in all.
LOADS = [
    # Ran here, one load of 200: what each server could see of it.
    ("bentoml", "availability", Source.SERVER, 20, 200),
    ("rayserve", "availability", Source.SERVER, 30, 200),
    ("torchserve", "availability", Source.SERVER, 30, 200),
    ("triton", "availability", Source.ENGINE, 0, 160),
    ("vllm", "availability", Source.SERVER, 0, 200),
    ("vllm", "availability", Source.ENGINE, 0, 160),
    ("envoy", "availability", Source.PROXY, 23, 200),
    ("envoy.canary", "availability", Source.PROXY, 35, 100_219),
    # MLServer was asked twice: by us, and by the Envoy of the page above, with its retries.
    ("mlserver", "availability", Source.SERVER, 54, 411),
    ("mlserver", "availability", Source.ENGINE, 74, 391),
    # Written from source, with figures that agree with each other.
    ("tfserving.from-source", "availability", Source.SERVER, 30, 190),
    ("triton-gpu.from-source", "availability", Source.ENGINE, 12, 1612),
    ("tgi.from-source", "availability", Source.SERVER, 60, 1660),
    ("ovms.from-source", "availability", Source.ENGINE, 20, 180),
    ("nim.from-source", "availability", Source.ENGINE, 11, 1611),
    ("lmdeploy.from-source", "availability", Source.ENGINE, 14, 1614),
    ("litellm.from-source", "availability", Source.PROXY, 11, 1620),
    ("litellm.from-source", "upstream_availability", Source.PROXY, 11, 1611),
    ("sglang.from-source", "availability", Source.SERVER, 20, 1660),
    ("sglang.from-source", "availability", Source.ENGINE, 9, 1609),
    ("seldon-v1-executor.from-source", "availability", Source.PROXY, 20, 180),
    ("seldon-v1-executor.from-source", "node_availability", Source.PROXY, 20, 180),
    ("seldon-v2-agent.from-source", "availability", Source.PROXY, 20, 190),
    ("knative-queue-proxy.from-source", "availability", Source.PROXY, 20, 180),
    ("knative-queue-proxy-legacy.from-source", "availability", Source.PROXY, 20, 180),
    ("istio.from-source", "availability", Source.PROXY, 23, 185),
    ("lambda-yace.from-source", "availability", Source.SERVER, 4, 182),
    ("lambda-cloudwatch_exporter.from-source", "availability", Source.SERVER, 4, 182),
    ("gcf-stackdriver_exporter.from-source", "availability", Source.SERVER, 4, 182),
    ("gcf-stackdriver_exporter.from-source", "availability", Source.PROXY, 4, 182),
    ("azure-functions.from-source", "availability", Source.PROXY, 4, 182),
    ("otel-lambda-faas.from-source", "availability", Source.SERVER, 4, 178),
]

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


@cache
def profiles() -> tuple[ServerProfile, ...]:
    return tuple(installed("trimtab.servers").values())


def body(name: str) -> str:
    path = PAGES / f"{name}.prom"
    if not path.exists():
        pytest.skip(f"{path} is not here: the pages are not part of the repository")
    return path.read_text()


def read(text: str) -> Page:
    return read_slow(text.encode(), LIMITS)


@cache
def page_of(name: str) -> Page:
    return read(body(name))


def systems(page: Page) -> list[str]:
    return [found.profile.name for found in detect(page, profiles())]


def told(detected: Detected) -> dict[str, Any]:
    return {
        "system": detected.profile.name,
        "confidence": detected.confidence,
        "models": {model: list(versions) for model, versions in detected.models.items()},
        "doubtful": sorted(detected.doubtful),
        "missing": list(detected.missing),
        "indicators": {found.indicator.name: indicator(found) for found in detected.found},
    }


def indicator(found: Found) -> dict[str, Any]:
    one = found.indicator
    said: dict[str, Any] = {"kind": type(one).__name__.lower(), "also": len(found.also)}
    if not found.sampled:
        said["sampled"] = False
    if one.model or one.version:
        said["labels"] = [one.model, one.version]
    if not isinstance(one, Level) and one.form is not Form.COUNTER:
        said["form"] = one.form.value
    if isinstance(one, Ratio):
        part = {"good": one.good} if one.good else {"bad": one.bad}
        queries = {"total": one.total, **part}
        said |= {word: " + ".join(map(str, query)) for word, query in queries.items()}
        return said | {"source": one.source.name}
    said["unit"] = one.unit
    if not isinstance(one, Distribution):
        said["series"] = " + ".join(map(str, one.series))
        return said | ({"scale": one.scale} if isinstance(one, Level) else {})
    said |= {"source": one.source.name, "family": str(one.family), "scale": one.scale}
    said |= {"shape": one.shape.value, "only_good": one.only_good}
    if one.shape is Shape.MEAN:
        said["count"] = " + ".join(map(str, one.count))
    if found.edges:
        edges = list(found.edges)
        said["edges"] = [len(edges), edges[0], edges[-1]]
    return said


def counted(page: Page, selectors: tuple[Selector, ...]) -> float:
    return sum(
        value
        for (name, labels), value in zip(page.layout.series, page.values.tolist(), strict=True)
        if not isnan(value) and any(selector.selects(name, labels) for selector in selectors)
    )


def bad_of_all(page: Page, ratio: Ratio) -> tuple[float, float]:
    total = counted(page, ratio.total)
    return (counted(page, ratio.bad) if ratio.bad else total - counted(page, ratio.good)), total


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_read_as_the_research_says(name: str) -> None:
    found = [told(one) for one in detect(page_of(name), profiles())]
    assert {"systems": found} == json.loads((GOLDEN / f"{name}.json").read_text())


def test_every_page_has_its_golden_file() -> None:
    if not PAGES.exists():
        pytest.skip(f"{PAGES} is not here: the pages are not part of the repository")
    assert {path.stem for path in PAGES.glob("*.prom")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_server_cannot_see_is_said(name: str) -> None:
    for found in detect(page_of(name), profiles()):
        assert found.profile.blind_spots
        assert found.profile.see_more


@pytest.mark.parametrize(("name", "what", "source", "bad", "total"), LOADS)
def test_the_indicator_equals_what_the_server_could_see(
    name: str, what: str, source: Source, bad: float, total: float
) -> None:
    page = page_of(name)
    ratios = [
        one
        for detected in detect(page, profiles())
        for found in detected.found
        for one in (found.indicator, *found.also)
        if isinstance(one, Ratio) and one.name == what and one.source is source
    ]
    assert ratios
    assert {bad_of_all(page, ratio) for ratio in ratios} == {(bad, total)}


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
