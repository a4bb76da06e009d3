"""How each target is asked: with which login, over which TLS, and for which names."""

import ssl
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from controlplane.errors import InvalidConfig
from controlplane.login import login_headers
from controlplane.target_spec import LimitsSpec, TargetSpec, TlsSpec
from probes.clock import Clock
from probes.exposition import Layout, Limits, Page
from probes.page_filter import PageFilter, answered, names_to_ask
from probes.page_request import PageRequest, page_request

__all__ = ["Asking", "limits_of"]

UNTRIED = PageFilter()
RENEW_SECONDS = 60.0
"""Secrets and certificates are read anew so often: they are rotated under us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One target's question, and from what it was made."""

    spec: TargetSpec
    names: tuple[str, ...]
    known: PageFilter
    wanted: AbstractSet[str]
    request: PageRequest
    made_at: float
    stamps: tuple[float, ...]


class Asking:
    """Keeps each target's question, and what is known about asking it for less.

    Args:
        clock: Time, for renewing secrets.
        folder: Where relative paths of certificates start.
    """

    def __init__(self, clock: Clock, folder: Path) -> None:
        self._clock = clock
        self._folder = folder
        self._ways: dict[str, _Way] = {}
        self._filters: dict[str, PageFilter] = {}
        self._judged: dict[str, tuple[Layout, AbstractSet[str]]] = {}

    def request(self, target: TargetSpec, wanted: AbstractSet[str]) -> PageRequest:
        """Return the question for a target; the names asked for are ``names`` of it.

        Raises:
            InvalidConfig: A secret or a certificate cannot be had.
        """
        way, known = self._ways.get(target.name), self._filters.get(target.name, UNTRIED)
        same = way is not None and way.spec is target and way.known is known
        if way is not None and same and way.wanted is wanted and not self._is_old(way):
            return way.request
        names: tuple[str, ...] = ()
        if wanted and target.names == "auto":
            names = names_to_ask(known, wanted)
        if way is None or way.spec != target or way.names != names or self._is_old(way):
            way = self._way(target, names, way)
        self._ways[target.name] = replace(way, spec=target, known=known, wanted=wanted)
        return way.request

    def learn(self, target: TargetSpec, page: Page, wanted: AbstractSet[str]) -> None:
        """Take a page into account: did it hold what was asked for?"""
        if not wanted or target.names != "auto":
            return
        judged = self._judged.get(target.name)
        if judged is not None and judged[0] is page.layout and judged[1] is wanted:
            return
        known = self._filters.get(target.name, UNTRIED)
        way = self._ways.get(target.name)
        asked = way is not None and bool(way.names)
        self._filters[target.name] = answered(known, page.layout.names, wanted, asked=asked)
        self._judged[target.name] = (page.layout, wanted)

    def filter_of(self, name: str) -> PageFilter:
        """Return what is known about asking a target for less."""
        return self._filters.get(name, UNTRIED)

    def forget(self, name: str) -> None:
        """Drop a target that is gone."""
        for known in (self._ways, self._filters, self._judged):
            known.pop(name, None)

    def _is_old(self, way: _Way) -> bool:
        may_change = way.spec.auth is not None or way.spec.tls is not None
        return may_change and self._clock.monotonic() - way.made_at > RENEW_SECONDS

    def _way(self, target: TargetSpec, names: tuple[str, ...], before: _Way | None) -> _Way:
        stamps = _stamps(target.tls, self._folder)
        same = before is not None and before.spec == target and before.stamps == stamps
        context = before.request.tls if same and before is not None else None
        if context is None and target.url.startswith("https:"):
            context = make_context(target.tls, self._folder)
        request = page_request(
            target.url,
            names=names,
            headers=login_headers(target.auth),
            tls=context,
            gzip=target.gzip,
        )
        if target.tls is not None and target.tls.server_name is not None:
            request = replace(request, server_name=target.tls.server_name)
        return _Way(
            spec=target,
            names=names,
            known=UNTRIED,
            wanted=frozenset(),
            request=request,
            made_at=self._clock.monotonic(),
            stamps=stamps,
        )


def limits_of(target: TargetSpec) -> Limits:
    """Return how much of a target's page is read."""
    return _limits(target.limits)


@cache
def _limits(limits: LimitsSpec) -> Limits:
    return Limits(
        lines=4 * limits.samples,
        samples=limits.samples,
        labels=limits.labels,
        name_characters=limits.name_characters,
        value_characters=limits.value_characters,
    )


def make_context(tls: TlsSpec | None, folder: Path) -> ssl.SSLContext:
    """Return how to speak TLS.

    Raises:
        InvalidConfig: A certificate or key cannot be read.
    """
    tls = tls or TlsSpec()
    try:
        context = ssl.create_default_context(cafile=None if tls.ca is None else folder / tls.ca)
        if tls.cert is not None:
            key = None if tls.key is None else folder / tls.key
            context.load_cert_chain(folder / tls.cert, key)
    except (OSError, ssl.SSLError) as error:
        msg = f"tls: {tls.ca or ''} {tls.cert or ''} {tls.key or ''} cannot be used: {error}."
        raise InvalidConfig(msg, hint="name PEM files that this process may read") from error
    return context


def _stamps(tls: TlsSpec | None, folder: Path) -> tuple[float, ...]:
    """Return when the files of certificates last changed."""
    names = () if tls is None else (tls.ca, tls.cert, tls.key)
    found = []
    for name in names:
        if name is not None:
            try:
                found.append((folder / name).stat().st_mtime)
            except OSError:
                found.append(0.0)
    return tuple(found)
