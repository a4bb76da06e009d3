"""What rules of composites and of label sets record in a real Prometheus is what we count ourselves."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx
import numpy as np
import pytest

from controlplane.engines.openmetrics_file import OpenMetricsFile
from slo import (
    CompositeSli,
    CountHistory,
    LabelSets,
    LatencySli,
    Objective,
    Part,
    RatioSli,
    Rule,
    SloSpec,
    parse_selectors,
    rules_for,
)
from slo.rules import exact_groups
from tests.systems.past_prometheus import prometheus_of
from tests.systems.promtool import check_rules

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None or shutil.which("promtool") is None,
    reason="prometheus is not installed",
)
START, STEP, HOURS, PHASE = 1_767_225_600, 30, 12, 7
BEGUN = 1e6
"""What counters show first: near zero, an increase would not be extrapolated in full."""

MODELS = ("llama", "qwen")
ANSWERS = RatioSli(
    bad=parse_selectors('requests_total{code="500"} + timeouts_total'),
    total=parse_selectors("requests_total"),
)
QUEUE = RatioSli(good=parse_selectors("jobs_done_total"), total=parse_selectors("jobs_total"))
UNTOLD = RatioSli(bad=parse_selectors("lost_total"), total=parse_selectors("sent_total"))
"""No series tells it: it has no events, and takes none from the others."""

FAST = LatencySli(histogram=parse_selectors("seconds")[0], limit=2.0)


def composite(rule: Rule, *parts: tuple[RatioSli | LatencySli, float]) -> CompositeSli:
    named = (Part(name=str(at), sli=sli, weight=weight) for at, (sli, weight) in enumerate(parts))
    return CompositeSli(parts=tuple(named), rule=rule)


SLIS = {
    "answers": ANSWERS,
    "fast": FAST,
    "any": composite(Rule.ANY, (ANSWERS, 1.0), (FAST, 1.0)),
    "any-clamped": composite(Rule.ANY, (QUEUE, 1.0), (ANSWERS, 1.0), (FAST, 1.0)),
    "any-untold": composite(Rule.ANY, (ANSWERS, 1.0), (UNTOLD, 1.0)),
    "weights": composite(Rule.WEIGHTS, (ANSWERS, 1.5), (FAST, 1.0)),
    "weights-of-three": composite(Rule.WEIGHTS, (FAST, 1.0), (QUEUE, 0.25), (ANSWERS, 3.0)),
    "weights-untold": composite(Rule.WEIGHTS, (UNTOLD, 2.0), (ANSWERS, 1.0)),
}


def spec_of(name: str, *, each: bool = False) -> SloSpec:
    return SloSpec(
        name=name,
        service="chat",
        description="",
        objective=Objective(target=0.99, window=timedelta(days=30)),
        sli=SLIS[name],
        labels={},
        each=LabelSets(labels=("model", "tenant")) if each else None,
    )


def rules_of_spec(spec: SloSpec) -> list[dict[str, object]]:
    return exact_groups(spec, rules_for(spec.objective.window, resolution=timedelta(minutes=1)))


def lines_of_past() -> Iterator[str]:
    """Yield each series with its times: two models of a tenant, and one that is of no set."""
    rng = np.random.default_rng(7)
    kinds = {
        'requests_total{code="200"': 90,
        'requests_total{code="500"': 5,
        "timeouts_total{": 2,
        'seconds_bucket{le="2.0"': 80,
        'seconds_bucket{le="+Inf"': 99,
        "seconds_count{": 99,
        "jobs_total{": 6,
        "jobs_done_total{": 4,
    }
    sets = [f'model="{model}",tenant="a"' for model in MODELS] + ['job="batch"']
    yield "# TYPE requests counter"
    for head, mean in kinds.items():
        for each in sets:
            if head.startswith("timeouts") and "qwen" in each:
                continue  # a model that never was too late has no such series
            shown = BEGUN + np.cumsum(rng.poisson(mean, HOURS * 3600 // STEP))
            begin = head if head.endswith("{") else f"{head},"
            for number, value in enumerate(shown.tolist()):
                yield f"{begin}{each}}} {value:.0f} {START + PHASE + number * STEP}"
    yield "# EOF\n"


@dataclass(frozen=True, slots=True)
class Pasts:
    """One past, in Prometheus and in a dump."""

    url: str
    dump: OpenMetricsFile

    def recorded(self, spec: SloSpec, record: str, at: float) -> dict[str, float]:
        """Return what a recording shows, by the values of its labels."""
        (group,) = rules_of_spec(spec)
        query = next(rule["expr"] for rule in group["rules"] if rule.get("record") == record)
        asked = {"query": query, "time": at}
        found = httpx.post(f"{self.url}/api/v1/query", data=asked, timeout=60, trust_env=False)
        return {
            "/".join(value for _, value in sorted(each["metric"].items())): float(each["value"][1])
            for each in found.json()["data"]["result"]
        }

    def history(self, spec: SloSpec, labels: Mapping[str, str]) -> CountHistory:
        """Return what we count of it, or of its set with these labels."""
        own = replace(spec, sli=spec.sli.where(labels), each=None)
        until = START + HOURS * 3600.0
        return self.dump.of(own, since=START, until=until, progress=lambda _: None).counts


@pytest.fixture(scope="module")
def pasts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pasts]:
    folder = tmp_path_factory.mktemp("composites")
    (folder / "past.om").write_text("\n".join(lines_of_past()))
    with prometheus_of(folder / "past.om", folder) as url:
        yield Pasts(url, OpenMetricsFile(folder / "past.om"))


def extrapolated(history: CountHistory, at: float, seconds: float) -> tuple[float, float]:
    """Return bad and all events of a window as ``increase`` has them.

    It knows what was gained between the first and the last sample of the window, one step less than
    the window is long, and stretches that to its length.
    """
    samples = round(seconds / STEP)
    found = history.since(at - seconds + PHASE, at)
    return tuple(count * samples / (samples - 1) for count in (found.bad, found.total))


@pytest.mark.parametrize(("window", "seconds"), [("5m", 300), ("1h", 3600), ("6h", 21600)])
@pytest.mark.parametrize("name", SLIS)
def test_recordings_are_our_own_counts(pasts, name, window, seconds):
    spec, at = spec_of(name), START + 9 * 3600.0
    bad, total = extrapolated(pasts.history(spec, {}), at, seconds)
    assert pasts.recorded(spec, f"slo:bad:increase{window}", at) == {"": pytest.approx(bad)}
    assert pasts.recorded(spec, f"slo:total:increase{window}", at) == {"": pytest.approx(total)}
    assert 0 < bad <= total


@pytest.mark.parametrize("name", SLIS)
def test_recordings_of_each_set_are_our_own_counts(pasts, name):
    spec, at = spec_of(name, each=True), START + 9 * 3600.0
    wanted = {
        f"{model}/a": extrapolated(pasts.history(spec, {"model": model, "tenant": "a"}), at, 3600)
        for model in MODELS
    }
    bad, total = (pasts.recorded(spec, f"slo:{what}:increase1h", at) for what in ("bad", "total"))
    assert bad == {values: pytest.approx(counts[0]) for values, counts in wanted.items()}
    assert total == {values: pytest.approx(counts[1]) for values, counts in wanted.items()}


@pytest.mark.parametrize("each", [False, True])
@pytest.mark.parametrize("name", SLIS)
def test_rules_of_composites_and_sets_are_valid(name, each, tmp_path):
    check_rules(
        rules_of_spec(replace(spec_of(name, each=each), silence=timedelta(minutes=15))), tmp_path
    )
