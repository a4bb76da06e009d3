"""Layouts of pages that were read before, shared between replicas: what makes the fast way fast. Pure."""

from collections import OrderedDict
from dataclasses import replace
from typing import TypeVar

import numpy as np

from probes.exposition import START_TIME, Format, Layout, Limits, Page, read_fast, read_slow

__all__ = ["ALL", "LayoutCache"]

Content = tuple[Format, tuple[int, ...], tuple[bytes, ...], tuple[bytes, ...]]
Key = TypeVar("Key")
Kept = TypeVar("Kept")
MAX_LAYOUTS = 4096
ALL: frozenset[str] = frozenset()
WHOLE_EVERY = 12
"""Of a page of which only some series are wanted, every twelfth is read and checked whole."""


class _Known:
    """A page's layout, and how often it was read by it."""

    __slots__ = ("layout", "reads")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.reads = 0


class LayoutCache:
    """Layouts by page, shared where they are the same; the least used make room.

    Args:
        limits: How much of a page is read.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._by_page: OrderedDict[str, _Known] = OrderedDict()
        self._parts: OrderedDict[tuple[int, frozenset[str]], tuple[Layout, Layout]] = OrderedDict()
        self._by_content: OrderedDict[Content, Layout] = OrderedDict()

    def read(
        self,
        page: str,
        body: bytes,
        form: Format = Format.TEXT,
        limits: Limits | None = None,
        wanted: frozenset[str] = ALL,
    ) -> Page:
        """Read the body of a page, the fast way if its layout is known.

        Args:
            page: Which page it is, for example its address.
            body: What was answered.
            form: What it calls itself.
            limits: How much of it is read, where it is not as usual.
            wanted: Names of the series to hand over; all when empty. The others' lines are then
                looked at only every so often.

        Raises:
            UnreadableMetrics: It is not Prometheus text; nothing of it is taken.
        """
        known = self._by_page.get(page)
        layout = None if known is None or known.layout.form is not form else known.layout
        part = None if layout is None or not wanted else self._part(layout, wanted)
        if part is not None and not part.series:
            part = None
        found = None
        if known is not None and layout is not None:
            known.reads += 1
            briefly = part is not None and known.reads % WHOLE_EVERY
            found = read_fast(part if briefly and part is not None else layout, body)
        if found is None:
            found = self._shared(read_slow(body, limits or self._limits, form))
            known, part = _Known(found.layout), None
        _keep(self._by_page, page, known or _Known(found.layout))
        part = part or (self._part(found.layout, wanted) if wanted else None)
        return found if part is None or not part.series else _only(found, part)

    def _part(self, layout: Layout, wanted: frozenset[str]) -> Layout:
        """Return the layout of only the wanted series; the same object each time."""
        key = (id(layout), wanted)
        found = self._parts.get(key)
        if found is None or found[0] is not layout:
            found = (layout, _part_of(layout, wanted))
        _keep(self._parts, key, found)
        return found[1]

    def _shared(self, page: Page) -> Page:
        """Return the page on a layout that another page already has, if one is the same."""
        layout = page.layout
        content = (layout.form, layout.indexes, layout.heads, layout.other_lines)
        known = self._by_content.get(content)
        if known is not None:
            page = replace(page, layout=known)
        _keep(self._by_content, content, page.layout)
        return page


def _keep(layouts: OrderedDict[Key, Kept], key: Key, layout: Kept) -> None:
    layouts[key] = layout
    layouts.move_to_end(key)
    if len(layouts) > MAX_LAYOUTS:
        layouts.popitem(last=False)


def _part_of(layout: Layout, wanted: frozenset[str]) -> Layout:
    """Return the layout that looks only at the lines of some series."""
    chosen = [p for p, (name, _) in enumerate(layout.series) if name in wanted]
    lines = chosen if layout.kept is None else [int(layout.kept[p]) for p in chosen]
    series = tuple(layout.series[p] for p in chosen)
    starts = (p for p, (name, _) in enumerate(series) if name == START_TIME)
    return replace(
        layout,
        series=series,
        indexes=tuple(layout.indexes[line] for line in lines),
        heads=tuple(layout.heads[line] for line in lines),
        tails=tuple(layout.tails[line] for line in lines),
        other_indexes=(),
        other_lines=(),
        kept=None,
        start_position=next(starts, None),
        chosen=np.array(chosen, dtype=np.int64),
    )


def _only(page: Page, part: Layout) -> Page:
    """Return the wanted part of a page."""
    if page.layout is part or part.chosen is None:
        return page
    stamps = None if page.stamps is None else page.stamps[part.chosen]
    return Page(layout=part, values=page.values[part.chosen], stamps=stamps)
