"""Every profile keeps its word: names that exist, selectors that parse, a row in the README."""

import importlib
import tomllib
from math import isfinite
from pathlib import Path
from string import Formatter

import pytest

from probes.exposition import Limits, read_slow
from probes.indicators import Distribution, Form, Indicator, Level, Ratio, Shape
from probes.plugins import installed
from probes.server_profile import ServerProfile
from slo import Selector, parse_selectors

ROOT = Path(__file__).parents[2]
PAGES = ROOT.parent / "shared" / "data" / "metrics-pages"
README = (ROOT / "probes" / "README.md").read_text()
SERVERS: dict[str, ServerProfile] = installed("trimtab.servers")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OURS: dict[str, str] = PYPROJECT["project"]["entry-points"]["trimtab.servers"]

# Pages on which the families of a system must be; KServe's page is in test_detection.
PAGES_OF = {
    "aws-lambda-cloudwatch": ("lambda-cloudwatch_exporter.from-source",),
    "aws-lambda-yace": ("lambda-yace.from-source",),
    "azure-functions": ("azure-functions.from-source",),
    "bentoml": ("bentoml",),
    "blackbox": ("blackbox_probe",),
    "dcgm": ("dcgm-exporter.from-source",),
    "envoy": ("envoy", "envoy.canary"),
    "google-cloud-functions": ("gcf-stackdriver_exporter.from-source",),
    "google-cloud-run": ("gcf-stackdriver_exporter.from-source",),
    "istio": ("istio.from-source",),
    "knative": ("knative-queue-proxy.from-source",),
    "knative-legacy": ("knative-queue-proxy-legacy.from-source",),
    "kube-state-metrics": ("kube-state-metrics.from-source",),
    "litellm": ("litellm.from-source",),
    "lmdeploy": ("lmdeploy.from-source",),
    "mlserver": ("mlserver",),
    "nim": ("nim.from-source",),
    "node-exporter": ("node_exporter",),
    "opentelemetry-lambda": ("otel-lambda-faas.from-source",),
    "openvino": ("ovms.from-source",),
    "ray-serve": ("rayserve",),
    "seldon-v1": ("seldon-v1-executor.from-source",),
    "seldon-v2": ("seldon-v2-agent.from-source",),
    "sglang": ("sglang.from-source",),
    "tensorflow-serving": ("tfserving.from-source",),
    "tgi": ("tgi.from-source",),
    "torchserve": ("torchserve",),
    "triton": ("triton", "triton-gpu.from-source"),
    "vllm": ("vllm",),
}
# Names of other releases, or of what is off by default: right by the research, not on our pages.
ELSEWHERE = {
    "azurerm_resource_metric",
    "batch_request_queue",
    "parallel_request_queue",
    ":tensorflow:serving:batching_session:processed_batch_size",
    "litellm_proxy_total_requests_metric",
    "litellm_request_queue_time_seconds",
    "vllm:request_success",
    "vllm:gpu_cache_usage_perc",
    "vllm:time_per_output_token_seconds",
    "vllm:prompt_tokens",
    "vllm:generation_tokens",
    "vllm:num_preemptions",
}
UNITS = {1.0: "s", 1e-3: "ms", 1e-6: "us", 1e-9: "ns"}


def needed(one: Indicator) -> tuple[Selector, ...]:
    if isinstance(one, Ratio):
        return (*one.total, *one.good, *one.bad)
    return (*one.needs, *one.count) if isinstance(one, Distribution) else one.series


def rests_on(profile: ServerProfile) -> str:
    ratios = [one for one in profile.ratios if one.name == "availability"]
    titles = dict.fromkeys(one.source.title for one in sorted(ratios, key=lambda r: r.source))
    period = any(one.form is Form.PERIOD for one in ratios)
    return ", else ".join(titles) + (", per period" if period else "") if titles else "nothing"


def times(profile: ServerProfile) -> str:
    latencies = [one for one in profile.distributions if one.name == "latency"]
    found = dict.fromkeys(f"{UNITS[one.scale]} {one.shape}" for one in latencies)
    return ", ".join(found) or "none"


def row(profile: ServerProfile) -> str:
    cannot = profile.blind_spots[0]
    return f"| `{profile.name}` | {rests_on(profile)} | {times(profile)} | {cannot} |"


def test_every_file_is_an_entry_point_and_every_entry_point_is_here() -> None:
    files = {path.stem for path in (ROOT / "probes" / "servers").glob("[a-z]*.py")}
    assert {
        target.partition(":")[0].removeprefix("probes.servers.") for target in OURS.values()
    } == files
    assert set(OURS) <= set(SERVERS), "install the project anew: .venv/bin/pip install -e ."


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_profile_is_called_as_its_entry_point_and_its_file(name: str) -> None:
    module, _, constant = OURS[name].partition(":")
    profile = getattr(importlib.import_module(module), constant)
    assert profile is SERVERS[name]
    assert profile.name == name
    assert module == f"probes.servers.{name.replace('-', '_')}"
    assert constant == name.replace("-", "_").upper()


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_selector_reads_back_as_itself(name: str) -> None:
    for one in SERVERS[name].indicators:
        for selector in needed(one):
            assert parse_selectors(str(selector)) == (selector,)


@pytest.mark.parametrize("name", sorted(OURS))
def test_indicators_are_whole(name: str) -> None:
    profile = SERVERS[name]
    assert profile.signatures
    assert profile.indicators
    assert set(profile.held) <= {one.name for one in profile.levels}
    for one in profile.indicators:
        if isinstance(one, Ratio):
            assert bool(one.good) is not bool(one.bad)
            assert one.total
        elif isinstance(one, Distribution):
            assert isfinite(one.scale)
            assert one.scale > 0.0
            assert (one.shape is Shape.MEAN) is bool(one.count)
            assert one.form is Form.COUNTER or one.shape is not Shape.SUMMARY


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_nearest_to_the_client_is_first(name: str) -> None:
    by_name: dict[str, list[int]] = {}
    for ratio in SERVERS[name].ratios:
        by_name.setdefault(ratio.name, []).append(ratio.source)
    assert all(sources == sorted(sources) for sources in by_name.values())


@pytest.mark.parametrize("name", sorted(OURS))
def test_one_name_has_one_unit(name: str) -> None:
    units: dict[str, set[str]] = {}
    for one in SERVERS[name].indicators:
        units.setdefault(one.name, set()).add("" if isinstance(one, Ratio) else one.unit)
    assert all(len(found) == 1 for found in units.values())


@pytest.mark.parametrize("name", sorted(OURS))
def test_paths_ask_for_what_is_known(name: str) -> None:
    profile = SERVERS[name]
    for path in (profile.ready_path, profile.infer_path):
        fields = {field for _, field, _, _ in Formatter().parse(path) if field is not None}
        assert fields <= {"model", "version"}
    known = (profile.live_path, profile.ready_path, profile.infer_path, profile.metrics_path)
    assert all(path.startswith("/") for path in known if path)
    assert all(sign.path.startswith("/") for sign in profile.api_signs)
    assert all(sign.contains or sign.header for sign in profile.api_signs)
    assert profile.protocol in ("", "v1", "v2", "openai", "own")


@pytest.mark.parametrize("name", sorted(PAGES_OF))
def test_every_name_is_on_the_system_s_page(name: str) -> None:
    pages = [PAGES / f"{page}.prom" for page in PAGES_OF[name]]
    if not PAGES.exists():
        pytest.skip(f"{PAGES} is not here: the pages are not part of the repository")
    read = [read_slow(page.read_bytes(), Limits(samples=100_000, lines=500_000)) for page in pages]
    there = {series for page in read for series, _ in page.layout.series}
    there |= {family for page in read for family in page.layout.types}
    named = {one.name for every in SERVERS[name].indicators for one in needed(every)}
    missing = {
        one for one in named if one.removesuffix("_bucket") not in there and one not in there
    }
    assert {one.removesuffix("_bucket") for one in missing} <= ELSEWHERE


def test_every_name_that_is_elsewhere_is_used() -> None:
    used = {
        selector.name.removesuffix("_bucket")
        for profile in SERVERS.values()
        for one in profile.indicators
        for selector in needed(one)
    }
    assert used >= ELSEWHERE


@pytest.mark.parametrize("name", sorted(PAGES_OF))
def test_every_label_is_on_the_system_s_page(name: str) -> None:
    if not PAGES.exists():
        pytest.skip(f"{PAGES} is not here: the pages are not part of the repository")
    pages = [(PAGES / f"{page}.prom").read_bytes() for page in PAGES_OF[name]]
    limits = Limits(samples=100_000, lines=500_000)
    series = [found for body in pages for found in read_slow(body, limits).layout.series]
    for one in SERVERS[name].indicators:
        for selector in one.needs:
            labels = [
                found for series_name, found in series if selector.selects(series_name, found)
            ]
            for label in filter(None, (one.model, one.version)):
                assert not labels or any(label in found for found in labels)


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_readme_says_what_an_slo_rests_on(name: str) -> None:
    assert row(SERVERS[name]) in README.splitlines()


def test_levels_of_cards_have_one_name_everywhere() -> None:
    named = {
        one.name
        for profile in SERVERS.values()
        for one in profile.levels
        if isinstance(one, Level) and one.name.startswith("gpu_")
    }
    assert {"gpu_utilization", "gpu_memory_used", "gpu_power", "gpu_temperature"} <= named
    assert "gpu_memory" not in named
