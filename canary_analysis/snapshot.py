"""An analysis as a JSON-safe value, and back: the same numbers, bit by bit."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from canary_analysis.arms import Arm, Arms
from canary_analysis.arrays import from_text, to_text
from canary_analysis.errors import InvalidMetric, InvalidPolicy, InvalidSnapshot
from canary_analysis.gauges import Gauge
from canary_analysis.layout import Layout
from canary_analysis.ledger import Ledger
from canary_analysis.metric import Metric
from canary_analysis.policy import Policy
from canary_analysis.state import State

__all__ = ["VERSION", "from_snapshot", "to_snapshot"]

VERSION = 3
"""Grows when an older program can no longer read what is saved."""

READABLE = (1, 2, VERSION)
"""Version 1 knew no gauges; in version 2 none rolled back unless all did."""

ALL_ROLL_BACK = "gauges_roll_back"
"""What a policy of version 2 said of all gauges."""

Gauges = tuple[tuple[Metric, Gauge], ...]


def to_snapshot(state: State, gauges: Gauges = ()) -> dict[str, object]:
    """Write everything that later verdicts depend on."""
    return {
        "version": VERSION,
        "metrics": [asdict(metric) for metric in state.layout.metrics],
        "policy": asdict(state.policy),
        "last_seconds": state.last_seconds,
        "canary": _from_arm(state.arms.canary),
        "baseline": _from_arm(state.arms.baseline),
        "against": _from_ledger(state.against),
        "even": _from_ledger(state.even),
        "proof": _from_ledger(state.proof),
        "sides": to_text(
            np.stack([state.counting, state.turned, state.proof_turned]).astype(np.int64)
        ),
        "gauges": [{"metric": asdict(metric), **asdict(gauge)} for metric, gauge in gauges],
    }


def from_snapshot(saved: object) -> tuple[State, Gauges]:
    """Read back what `to_snapshot` wrote.

    Raises:
        InvalidSnapshot: It has another version, or something is missing or damaged.
    """
    if not isinstance(saved, Mapping):
        msg = f"A snapshot is an object, not {type(saved).__name__}."
        raise InvalidSnapshot(msg)
    if saved.get("version") not in READABLE:
        known = ", ".join(map(str, READABLE))
        msg = f"The snapshot has version {saved.get('version')!r}; this program reads {known}."
        raise InvalidSnapshot(msg)
    try:
        told = dict(saved["policy"])
        all_roll_back = bool(told.pop(ALL_ROLL_BACK, False))
        gauges = tuple(
            _to_gauge(each, all_roll_back=all_roll_back) for each in saved.get("gauges", ())
        )
        return _read(saved, Policy(**told)), gauges
    except (KeyError, TypeError, ValueError, InvalidMetric, InvalidPolicy) as error:
        msg = f"The snapshot cannot be read ({error!r}). Was it changed by hand?"
        raise InvalidSnapshot(msg) from error


def _read(saved: Mapping[str, Any], policy: Policy) -> State:
    layout = Layout.of([Metric.from_plain(metric) for metric in saved["metrics"]], policy)
    counting, turned, proof_turned = from_text("sides", saved["sides"]).astype(np.bool_)
    return State(
        layout=layout,
        policy=policy,
        arms=Arms(canary=_to_arm(saved["canary"]), baseline=_to_arm(saved["baseline"])),
        against=_to_ledger(saved["against"]),
        even=_to_ledger(saved["even"]),
        proof=_to_ledger(saved["proof"]),
        counting=counting,
        turned=turned,
        proof_turned=proof_turned,
        last_seconds=saved["last_seconds"],
    )


def _to_gauge(saved: Mapping[str, Any], *, all_roll_back: bool) -> tuple[Metric, Gauge]:
    values = dict(saved)
    metric = Metric.from_plain(values.pop("metric"))
    metric = replace(metric, rolls_back=metric.rolls_back or all_roll_back)
    for name in ("open_canary", "open_baseline", "canary", "baseline"):
        values[name] = {key: (total, count) for key, (total, count) in values[name].items()}
    return metric, Gauge(**values)


def _from_arm(arm: Arm) -> dict[str, object]:
    return {"names": list(arm.names), "total": to_text(arm.total), "above": to_text(arm.above)}


def _to_arm(saved: Mapping[str, Any]) -> Arm:
    return Arm(
        names=tuple(saved["names"]),
        total=from_text("totals", saved["total"]),
        above=from_text("counts", saved["above"]),
    )


def _from_ledger(ledger: Ledger) -> dict[str, object]:
    return {
        "sums": to_text(ledger.sums),
        "opened": ledger.opened.tolist(),
        "started": ledger.started,
    }


def _to_ledger(saved: Mapping[str, Any]) -> Ledger:
    return Ledger.of(
        from_text("sums", saved["sums"]),
        np.array(saved["opened"], dtype=np.int64),
        started=saved["started"],
    )
