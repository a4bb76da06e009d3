"""An engine that answers Prometheus's API from samples it is given, and fails when it is told to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from aiohttp import web

from slo import parse_selectors

__all__ = ["EngineOfSamples"]

Labels = tuple[tuple[str, str], ...]


@dataclass(slots=True, kw_only=True)
class EngineOfSamples:
    """Samples by series; ``warning`` and ``partial`` make answers so, ``status`` makes them errors."""

    samples: dict[tuple[str, Labels], list[tuple[float, float]]] = field(default_factory=dict)
    natives: dict[tuple[str, Labels], list[tuple[float, dict]]] = field(default_factory=dict)
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

    def show_native(
        self, at: float, instance: str, name: str, observed: Sequence[float], schema: int
    ) -> None:
        """Take one scrape of a native histogram of this schema."""
        base = 2.0 ** (2.0**-schema)
        indexes = np.ceil(np.round(np.log(observed) / np.log(base), 9)).astype(int)
        rows = [
            [0, str(base ** (int(index) - 1)), str(base ** int(index)), str(count)]
            for index, count in zip(*np.unique(indexes, return_counts=True), strict=True)
        ]
        shown = {"count": str(len(observed)), "sum": str(sum(observed)), "buckets": rows}
        key = name, (("instance", instance), ("job", "j"))
        self.natives.setdefault(key, []).append((at, shown))

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
        result += [
            {
                "metric": {"__name__": name, **dict(labels)},
                "histograms": [[at, shown] for at, shown in held if since <= at <= until],
            }
            for (name, labels), held in self._meant(found[1], self.natives)
        ]
        answer = {
            "status": "success",
            "data": {
                "resultType": "matrix",
                "result": [each for each in result if each.get("values", each.get("histograms"))],
            },
        }
        if self.partial:
            answer["isPartial"] = True
        if self.warning:
            answer["warnings"] = [self.warning]
        return web.json_response(answer)

    def _meant(self, query: str, among: Mapping | None = None) -> list:
        (selector,) = parse_selectors(query)
        return [
            (key, held)
            for key, held in (self.samples if among is None else among).items()
            if selector.selects(key[0], dict(key[1]))
        ]

    def _series(self, asked) -> list[dict[str, str]]:
        since, until = float(asked["start"]), float(asked["end"])
        return [
            {"__name__": name, **dict(labels)}
            for match in asked.getall("match[]")
            for among in (self.samples, self.natives)
            for (name, labels), held in self._meant(str(match), among)
            if any(since <= at <= until for at, _ in held)
        ]
