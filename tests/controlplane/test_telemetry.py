import json
from pathlib import Path

from controlplane.telemetry import Telemetry
from probes.scrape_outcome import Outcome


def test_two_planes_of_one_process_do_not_share_figures() -> None:
    one, other = Telemetry(), Telemetry()
    one.scraped[Outcome.OK].inc()
    assert b'trimtab_scrapes_total{outcome="ok"} 1.0' in one.page()
    assert b'outcome="ok"' not in other.page()
    one.close()
    other.close()


def test_a_span_is_one_line_of_json_even_when_its_text_is_not(tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    for reason in ("first", "two\nlines"):
        telemetry = Telemetry(traces=path)
        with telemetry.tracer.start_as_current_span("step") as span:
            span.set_attribute("reason", reason)
        telemetry.close()
    spans = [json.loads(line) for line in path.read_text().splitlines()]
    assert [span["attributes"]["reason"] for span in spans] == ["first", "two\nlines"]


def test_without_a_file_spans_cost_nothing_and_go_nowhere() -> None:
    telemetry = Telemetry()
    with telemetry.tracer.start_as_current_span("step"):
        pass
    telemetry.close()
