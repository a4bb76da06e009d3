"""The page as Streamlit draws it, over a real API on a port."""

from collections.abc import Iterator
from pathlib import Path

import pytest

testing = pytest.importorskip(
    "streamlit.testing.v1", reason="streamlit is not installed: pip install 'trimtab[dashboard]'"
)

from controlplane import rollout_desk, rollout_draft  # noqa: E402 -- after the skip
from probes.gpu import GpuDevice, GpuReading  # noqa: E402
from tests.controlplane.running_plane import RunningPlane, running_plane  # noqa: E402
from tests.controlplane.small_world import asked  # noqa: E402

SCRIPT = Path(__file__).parents[2] / "dashboard" / "__main__.py"
MOST_SECONDS = 30


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningPlane]:
    with running_plane(tmp_path) as started:
        yield started


def drawn(monkeypatch: pytest.MonkeyPatch, url: str):
    monkeypatch.setenv("TRIMTAB_URL", url)
    page = testing.AppTest.from_file(str(SCRIPT), default_timeout=MOST_SECONDS).run()
    assert not page.exception
    return page


def words(page) -> str:
    shown = (*page.markdown, *page.caption, *page.error, *page.subheader, *page.title)
    return "\n".join(str(element.value) for element in shown)


def metrics(page) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


async def begin_rollout(running: RunningPlane) -> str:
    draft = rollout_draft.draft(running.plane, asked())
    return rollout_desk.start(running.plane, draft, idempotency_key=None).id


def test_before_any_traffic_nothing_is_green(
    running: RunningPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = drawn(monkeypatch, running.url)
    assert page.title[0].value == "Reliability"
    assert ":gray-badge[unknown]" in words(page)
    assert "green" not in words(page)
    assert metrics(page)["Budget left"] == "no data"
    assert metrics(page)["Burn rate"] == "no data"
    assert "None yet." in words(page)
    assert "No GPU figures" in words(page)
    assert not page.error


def test_an_outage_is_at_the_top_and_red(
    running: RunningPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.burn()
    page = drawn(monkeypatch, running.url)
    assert ":red-badge[exhausted]" in words(page)
    assert "green" not in words(page)
    assert {error.value.split("**")[1] for error in page.error} == {"page", "ticket"}
    assert metrics(page)["Bad of total"].replace(",", "").split()[0].isdigit()
    assert metrics(page)["Objective"] == "0.99 over 30 min"


def test_rollouts_traffic_targets_and_gpus_are_shown(
    running: RunningPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.burn()
    rollout_id = running.do(begin_rollout(running))
    device = GpuDevice(
        index=0,
        uuid="GPU-1",
        name="H100",
        utilization_ratio=0.5,
        memory_used_bytes=1,
        memory_total_bytes=4,
        power_watts=None,
        temperature_celsius=None,
    )
    running.plane.live.gpu = GpuReading(source="nvml", reason="1 GPU", devices=(device,))
    page = drawn(monkeypatch, running.url)
    rollouts, targets = (frame.value for frame in page.dataframe)
    assert list(rollouts["rollout"]) == [rollout_id]
    assert list(rollouts["phase"]) == ["Pending"]
    assert list(targets["state"]) == ["up"]
    assert "version 1" in words(page).replace("\\", "")
    assert (metrics(page)["GPU"], metrics(page)["Utilisation"]) == ("0: H100", "50.0 %")
    assert metrics(page)["Memory"] == "25.0 %"


def test_when_nobody_answers_it_says_so_and_shows_nothing_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = drawn(monkeypatch, "http://127.0.0.1:1")
    assert "No control plane answers" in page.error[0].value.replace("\\", "")
    assert "Nothing below is current" in page.error[0].value
    assert not page.metric
    assert not page.dataframe
    assert "green" not in words(page)
