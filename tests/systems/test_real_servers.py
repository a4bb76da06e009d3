"""Model servers as people run them: what the client saw, held against what trimtab counts.

Each is sent questions whose outcomes are known. The availability that trimtab finds on its page by
itself must count exactly those, or miss exactly what it says that it cannot see.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import pytest

from controlplane.detecting import look_at
from controlplane.schemas import DetectionOut, SystemOut
from probes.exposition import Page
from probes.layout_cache import LayoutCache
from probes.page_client import PageClient
from probes.page_request import page_request
from probes.scraping import scrape
from slo import Ledger, parse_selectors
from tests.systems.real_server import SERVER_ERROR, Question, RealServer, ask, running

GOOD, SHORT, BROKEN = [1.0, 2.0, 3.0, 4.0], [1.0, 2.0], [-1.0, 2.0, 3.0, 4.0]
TIMES = {"good": 80, "bad input": 20, "server exception": 15, "malformed": 10, "unknown model": 9}
HEALTH_CHECKS = 25


def v2(row: list[float]) -> str:
    tensor = {"name": "x", "shape": [1, len(row)], "datatype": "FP64", "data": row}
    return json.dumps({"inputs": [tensor]})


def v1(row: list[float]) -> str:
    return json.dumps({"instances": [row]})


def own(row: list[float]) -> str:
    return json.dumps({"rows": [row]})


def questions(path, known, unknown, body, health):
    """The same load for every server, in its own protocol."""
    sent = {
        "good": (known, body(GOOD)),
        "bad input": (known, body(SHORT)),
        "server exception": (known, body(BROKEN)),
        "malformed": (known, "{oops"),
        "unknown model": (unknown, body(GOOD)),
    }
    found = {
        Question(outcome=outcome, path=path.format(model), body=text): TIMES[outcome]
        for outcome, (model, text) in sent.items()
    }
    return found | {
        Question(outcome="health", path=health, body=None, inference=False): HEALTH_CHECKS
    }


SERVERS = (
    RealServer(
        name="mlserver",
        command=("python", "{files}/mlserver_start.py", "{http}", "{metrics}", "{grpc}"),
        metrics="metrics",
        ready="/v2/models/tiny/ready",
        questions=questions("/v2/models/{}/infer", "tiny", "nope", v2, "/v2/health/ready"),
    ),
    RealServer(
        name="kserve",
        command=("python", "{files}/kserve_start.py", "{http}"),
        ready="/v2/health/ready",
        questions=questions("/v1/models/{}:predict", "tiny", "nope", v1, "/v2/health/ready"),
        missed={"malformed": "no JSON (400) are not counted", "unknown model": "unknown models"},
    ),
    RealServer(
        name="bentoml",
        command=(
            *("bentoml", "serve", "bentoml_service:Tiny", "--working-dir", "{files}"),
            *("--host", "127.0.0.1", "--port", "{http}"),
        ),
        ready="/readyz",
        questions=questions("/{}", "predict", "nope", own, "/readyz"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What became of one server: seen fresh, seen after the load, and what the client saw."""

    server: RealServer
    fresh: DetectionOut
    system: SystemOut
    tally: Counter[tuple[Question, int]]
    total: float
    bad: float


@pytest.fixture(scope="module", params=SERVERS, ids=lambda server: server.name)
def visit(request, tmp_path_factory) -> Iterator[Visit]:
    server: RealServer = request.param
    with running(server, tmp_path_factory.mktemp(server.name)) as here:
        fresh = look(here.page)
        first = next(question for question in server.questions if question.outcome == "good")
        ask(here.url, {first: 1})
        (system,) = look(here.page).systems
        before = read(here.page)
        tally = ask(here.url, server.questions)
        total, bad = count(system, before, read(here.page))
        yield Visit(server=server, fresh=fresh, system=system, tally=tally, total=total, bad=bad)


def look(page: str) -> DetectionOut:
    return asyncio.run(look_at(page, service="tiny"))


def read(url: str) -> Page:
    async def once() -> Page:
        async with PageClient() as client:
            found = await scrape(
                client, page_request(url), LayoutCache(), deadline=10.0, body_limit=16 << 20
            )
            assert found.page is not None, found.reason
            return found.page

    return asyncio.run(once())


def count(system: SystemOut, before: Page, after: Page) -> tuple[float, float]:
    """What the availability that was found counts between two pages: all requests, and bad ones."""
    found = next(one for one in system.indicators if one.name == "availability")
    ledger = Ledger()
    ledger.define("total", parse_selectors(found.total), sources=["page"])
    ledger.define("part", parse_selectors(found.bad or found.good), sources=["page"])
    for page in (before, after):
        ledger.observe(
            "page", page.layout.series, page.values, started=page.started, watched_since=inf
        )
    total, part = ledger.value("total"), ledger.value("part")
    return total, part if found.bad else total - part


def test_a_fresh_server_is_recognised_before_its_first_request(visit: Visit) -> None:
    assert [system.system for system in visit.fresh.systems] == [visit.server.name]


def test_every_question_got_one_kind_of_answer(visit: Visit) -> None:
    assert len(visit.tally) == len(visit.server.questions)
    by_outcome = {question.outcome: status for question, status in visit.tally}
    assert by_outcome["good"] == by_outcome["health"] == 200
    assert by_outcome["server exception"] == 500
    assert by_outcome["unknown model"] == 404


def test_availability_counts_what_the_client_saw_but_for_what_it_says_it_cannot_see(
    visit: Visit,
) -> None:
    seen = {
        (question.outcome, status): times
        for (question, status), times in visit.tally.items()
        if question.inference and question.outcome not in visit.server.missed
    }
    bad = sum(times for (_, status), times in seen.items() if status >= SERVER_ERROR)
    assert (visit.total, visit.bad) == (sum(seen.values()), bad), seen


def test_what_it_cannot_see_is_announced(visit: Visit) -> None:
    announced = " | ".join(visit.system.blind_spots)
    for outcome, words in visit.server.missed.items():
        assert words in announced, outcome
