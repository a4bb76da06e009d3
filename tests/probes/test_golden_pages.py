"""Every page we have is recognised as what it is, and read as `servers.md` says.

What is expected stands in golden/detect, one file a page, and was written against the research on
real servers: units, shapes, buckets, what is good and what is bad. `LOADS` holds what each server
could see of a known load of 160 good requests, 20 with bad input, 10 for an unknown model and 10
that were no JSON.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from probes.detection import Detected, Found, detect
from probes.indicators import Distribution, Form, Level, Ratio, Shape, Source
from tests.probes.known_pages import PAGES, bad_of_all, page_of, profiles

GOLDEN = Path(__file__).parent / "golden" / "detect"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.json"))

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
