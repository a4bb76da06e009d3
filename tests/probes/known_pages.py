"""The pages we have, read and recognised by every profile that is installed."""

from functools import cache
from math import isnan
from pathlib import Path

import pytest

from probes.exposition import Limits, Page, read_slow
from probes.indicators import Ratio
from probes.plugins import installed
from probes.server_profile import ServerProfile
from slo import Selector

__all__ = ["LIMITS", "PAGES", "bad_of_all", "body", "counted", "page_of", "profiles", "read"]

PAGES = Path(__file__).parents[3] / "shared" / "data" / "metrics-pages"
LIMITS = Limits(samples=100_000, lines=500_000)


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


def counted(page: Page, selectors: tuple[Selector, ...]) -> float:
    return sum(
        value
        for (name, labels), value in zip(page.layout.series, page.values.tolist(), strict=True)
        if not isnan(value) and any(selector.selects(name, labels) for selector in selectors)
    )


def bad_of_all(page: Page, ratio: Ratio) -> tuple[float, float]:
    total = counted(page, ratio.total)
    return (counted(page, ratio.bad) if ratio.bad else total - counted(page, ratio.good)), total
