"""An engine that answers Prometheus's API from samples it is given, and fails when it is told to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from slo import parse_selectors

__all__ = ["EngineOfSamples"]

Labels = tuple[tuple[str, str], ...]


@dataclass(slots=True, kw_only=True)
class EngineOfSamples:
    """Samples by series; ``warning`` and ``partial`` make answers so, ``status`` makes them errors."""

    samples: dict[tuple[str, Labels], list[tuple[float, float]]] = field(default_factory=dict)
    warning: str = ""
    partial: bool = False
    status: int = 200
    asked: int = 0

    def show(self, at: float, instance: str, counts: Mapping[str, float]) -> None:
        """Take one scrape of one instance: values by ``name`` or ``name{code="500"}``."""
        for text, value in counts.items():
            (selector,) = parse_selectors(text)
            labels = {m.label: m.value for m in selector.matchers}
            key = selector.name, tuple(sorted({**labels, "job": "j", "instance": instance}.items()))
            self.samples.setdefault(key, []).append((at, value))

    async def handle(self, request: web.Request) -> web.Response:
        """Answer /api/v1/query with a range selector, and /api/v1/series."""
        self.asked += 1
        if self.status != 200:
            return web.json_response({"status": "error", "error": "no luck"}, status=self.status)
        asked = await request.post()
        if request.path.endswith("/series"):
            return web.json_response({"status": "success", "data": self._series(asked)})
        found = re.fullmatch(r"(.*)\[(\d+)ms\]", str(asked["query"]), re.DOTALL)
        assert found is not None
        until = float(str(asked["time"]))
        since = until - int(found[2]) / 1e3
        result = [
            {
                "metric": {"__name__": name, **dict(labels)},
                "values": [[at, str(value)] for at, value in held if since <= at <= until],
            }
            for (name, labels), held in self._meant(found[1])
        ]
        answer = {
            "status": "success",
            "data": {
                "resultType": "matrix",
                "result": [each for each in result if each["values"]],
            },
        }
        if self.partial:
            answer["isPartial"] = True
        if self.warning:
            answer["warnings"] = [self.warning]
        return web.json_response(answer)

    def _meant(self, query: str) -> list:
        (selector,) = parse_selectors(query)
        return [
            (key, held)
            for key, held in self.samples.items()
            if selector.selects(key[0], dict(key[1]))
        ]

    def _series(self, asked) -> list[dict[str, str]]:
        since, until = float(asked["start"]), float(asked["end"])
        return [
            {"__name__": name, **dict(labels)}
            for match in asked.getall("match[]")
            for (name, labels), held in self._meant(str(match))
            if any(since <= at <= until for at, _ in held)
        ]
