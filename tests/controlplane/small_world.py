"""A plane with one service, a model server that only counts, and time that moves when told."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web

from controlplane.loops.measure import measure_group
from controlplane.loops.rollout import move_traffic
from controlplane.opening import open_plane
from controlplane.plane import Plane
from controlplane.schemas import RolloutIn
from controlplane.spec import Config, parse_config
from controlplane.store.database import open_database
from tests.fakes import ManualClock, MirroringRouter, RecordingNotifier

CONFIG = """
targets: [{{name: server, url: "{server}/metrics", service: resnet, interval: 1s, timeout: 5s}}]
slos: [slos.yaml]
services:
  resnet:
    route: {{router: reference-server, url: "{server}", name: resnet}}
    probes: [{{kind: ready, every: 1s}}]
    rollout: {{steps: [5, 50], soak: 10s, horizon: 1h}}
    scale: {{min: 1, max: 9, in_flight: 4}}
    breaker: {{min_calls: 20, window: 30s, open_for: 5s, slow_call: 500ms}}
  bert: {{}}
notify:
  receivers: {{oncall: [{{kind: log}}, {{kind: log}}], chat: [{{kind: log}}]}}
  routes: [{{match: {{severity: page}}, to: oncall}}, {{to: chat}}]
  keep_firing: 5s
"""
FLAG_ROUTE = (
    'route: {router: reference-server, url: "SERVER", name: resnet}',
    'route: {router: flag, name: resnet, version: "1", url: "SERVER"}',
)
"""A change of the configuration: the service's versions are given by a flag."""
SLO = """
apiVersion: openslo/v1
kind: SLO
metadata:
  name: availability
  displayName: Answers without a server error
  annotations: {trimtab.dev/blame-by: "version,target"}
spec:
  description: 99 % of the requests of the last half hour get an answer
  service: resnet
  indicator:
    metadata: {name: answered}
    spec:
      ratioMetric:
        counter: true
        bad:
          metricSource:
            type: trimtab
            spec: {query: 'sum(inference_requests_total{model="resnet",code=~"5.."})'}
        total:
          metricSource:
            type: trimtab
            spec: {query: 'sum(inference_requests_total{model="resnet"})'}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 30m, isRolling: true}]
  objectives: [{displayName: answered, target: 0.99}]
"""


class ModelServer:
    """Counts what it is told to have answered, and prints it as the reference server does."""

    def __init__(self, *versions: str) -> None:
        self.versions = dict.fromkeys(versions, 200)
        self.answers: Counter[tuple[str, str]] = Counter()
        self.buckets: Counter[tuple[str, str]] = Counter()
        self.mirrored: Counter[tuple[str, str]] = Counter()
        self.mirrored_buckets: Counter[tuple[str, str]] = Counter()
        self.compared: Counter[tuple[str, str]] = Counter()
        self.in_flight = 0
        self.restarted_at = 0.0
        for version in versions:
            self.answer(version, good=0)
            self.copy(version, good=0)

    def answer(self, version: str, *, good: int, bad: int = 0, slow: int = 0) -> None:
        """Count answers; every other takes up to 0.1 s, the rest 0.5 s, and slow ones a second."""
        self.answers[version, "200"] += good + slow
        self.answers[version, "500"] += bad
        quick = good + bad
        within = {"0.1": quick // 2, "0.5": quick, "1": quick + slow, "+Inf": quick + slow}
        for edge, count in within.items():
            self.buckets[version, edge] += count

    def copy(self, version: str, *, good: int, bad: int = 0, slow: int = 0) -> None:
        """Count requests of pairs that this version answered; their times as of `answer`."""
        self.mirrored[version, "200"] += good + slow
        self.mirrored[version, "500"] += bad
        quick = good + bad
        within = {"0.1": quick // 2, "0.5": quick, "1": quick + slow, "+Inf": quick + slow}
        for edge, count in within.items():
            self.mirrored_buckets[version, edge] += count

    def compare(self, version: str, *, same: int, different: int = 0) -> None:
        """Count answers that were held against each other."""
        self.compared[version, "same"] += same
        self.compared[version, "different"] += different

    def page(self) -> str:
        """The metrics page."""
        lines = [f"process_start_time_seconds {self.restarted_at}"]
        for (version, code), count in sorted(self.answers.items()):
            labels = f'model="resnet",version="{version}",code="{code}"'
            lines.append(f"inference_requests_total{{{labels}}} {count}")
        for (version, edge), count in sorted(self.buckets.items()):
            labels = f'model="resnet",version="{version}",le="{edge}"'
            lines.append(f"inference_request_duration_seconds_bucket{{{labels}}} {count}")
        for version in self.versions:
            labels = f'model="resnet",version="{version}"'
            count = self.buckets[version, "+Inf"]
            lines.append(f"inference_request_duration_seconds_count{{{labels}}} {count}")
        lines += self._mirrored_lines()
        lines.append(f'inference_in_flight{{model="resnet"}} {self.in_flight}')
        return "\n".join(lines) + "\n"

    def _mirrored_lines(self) -> list[str]:
        families = {
            "inference_mirrored_requests_total": ("code", self.mirrored),
            "inference_mirrored_duration_seconds_bucket": ("le", self.mirrored_buckets),
            "inference_mirror_answers_total": ("likeness", self.compared),
        }
        lines = [
            f'{name}{{model="resnet",version="{version}",{label}="{value}"}} {count}'
            for name, (label, counts) in families.items()
            for (version, value), count in sorted(counts.items())
        ]
        for version in self.versions:
            count = self.mirrored_buckets[version, "+Inf"]
            labels = f'model="resnet",version="{version}"'
            lines.append(f"inference_mirrored_duration_seconds_count{{{labels}}} {count}")
        return lines

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a scrape or a readiness probe."""
        if request.path == "/metrics":
            return web.Response(text=self.page())
        version = request.path.split("/")[5]
        return web.Response(status=self.versions.get(version, 404))


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The plane and everything around it."""

    plane: Plane
    server: ModelServer
    router: MirroringRouter
    clock: ManualClock
    oncall: RecordingNotifier
    second: RecordingNotifier
    chat: RecordingNotifier

    async def measure(self, seconds: float = 1.0) -> None:
        """Let time pass, then scrape."""
        self.clock.elapsed += seconds
        await measure_group(self.plane, self.plane.book.targets)

    async def second_passes(self, *rounds: Callable[[Plane], Awaitable[None]]) -> None:
        """Scrape after one second, then run the rounds."""
        await self.measure()
        for round_ in rounds:
            await round_(self.plane)

    async def moves(self) -> None:
        """One round of the rollout loop."""
        await move_traffic(self.plane)


@dataclass(kw_only=True)
class Surroundings:
    """What outlives a plane: disk, traffic, model server and time."""

    folder: Path
    address: str
    server: ModelServer = field(default_factory=lambda: ModelServer("1", "2"))
    router: MirroringRouter = field(default_factory=lambda: MirroringRouter({"1": 100.0, "2": 0.0}))
    clock: ManualClock = field(default_factory=ManualClock)
    oncall: RecordingNotifier = field(default_factory=RecordingNotifier)
    second: RecordingNotifier = field(default_factory=RecordingNotifier)
    chat: RecordingNotifier = field(default_factory=RecordingNotifier)


@cache
def migrated() -> bytes:
    """An empty database: to copy one is quicker than to migrate one."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trimtab.db"
        open_database(f"sqlite:///{path}").dispose()
        return path.read_bytes()


def small_config(
    folder: Path,
    address: str,
    more: str = "",
    slo: str = SLO,
    change: tuple[str, str] = ("", ""),
) -> Config:
    """Write the SLO file and an empty database; return the configuration, changed, with more lines."""
    (folder / "slos.yaml").write_text(slo)
    database = folder / "trimtab.db"
    if not database.exists():
        database.write_bytes(migrated())
    text = CONFIG.format(server=address)
    if change[0]:
        before = change[0].replace("SERVER", address)
        assert before in text, "there is no such line to be changed"
        text = text.replace(before, change[1].replace("SERVER", address))
    return parse_config(text + more, origin="trimtab.yaml")


@asynccontextmanager
async def open_world(
    around: Surroundings,
    *,
    more: str = "",
    slo: str = SLO,
    change: tuple[str, str] = ("", ""),
    external: bool = False,
) -> AsyncIterator[World]:
    """Open a plane there. Leaving saves nothing: it is as if the process was killed.

    Where traffic is external, somebody else moves it: the router's weights are his, unseen by us.
    """
    if external:
        ours = (
            CONFIG.format(server=around.address)
            .partition("    route:")[2]
            .partition("    rollout:")[0]
        )
        change = (ours, " {router: external, name: resnet}\n")
    notifiers = {
        ("oncall", 0): around.oncall,
        ("oncall", 1): around.second,
        ("chat", 0): around.chat,
    }
    async with open_plane(
        small_config(around.folder, around.address, more, slo, change),
        beside=around.folder,
        clock=around.clock,
        seed=1,
        routers={} if external else {"resnet": around.router},
        notifiers=notifiers,
    ) as plane:
        yield World(
            plane=plane,
            server=around.server,
            router=around.router,
            clock=around.clock,
            oncall=around.oncall,
            second=around.second,
            chat=around.chat,
        )


def asked(version: str = "2", **more: object) -> RolloutIn:
    """A rollout of the one service."""
    return RolloutIn.model_validate({"service": "resnet", "version": version, **more})
