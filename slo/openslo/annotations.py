"""What the annotations `trimtab.dev/...` of a document ask for: what OpenSLO itself cannot say."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import TypeVar

from slo.alert_windows import BurnRule
from slo.burn_rules_text import parse_burn_rules
from slo.composite import Rule
from slo.errors import InvalidSpec
from slo.evidence_gate import EvidenceGate
from slo.label_parts import TARGET
from slo.label_sets import LabelSets
from slo.time_window import UNIT_LENGTHS

__all__ = ["BLAME", "BOUND", "COMPOSITE", "EACH", "RULES", "Annotations", "read_annotations"]

PREFIX = "trimtab.dev/"
RULES = "trimtab.dev/burn-rules"
BLAME = "trimtab.dev/blame-by"
EACH = "trimtab.dev/each"
EACH_LIMIT = "trimtab.dev/each-limit"
EVIDENCE = "trimtab.dev/evidence"
SILENCE = "trimtab.dev/no-data"
COMPOSITE = "trimtab.dev/composite"
BOUND = "trimtab.dev/between-edges"
KNOWN = (RULES, BLAME, EACH, EACH_LIMIT, EVIDENCE, SILENCE, COMPOSITE, BOUND)
MOST_LABELS = 5
MOST_SETS = 1000
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,127}", re.ASCII)
_LENGTH = re.compile(r"([1-9][0-9]{0,4})([mhdw])", re.ASCII)
_EVIDENCE = re.compile(r"chance\s+([0-9.eE-]{1,12})(?:\s*,\s*bad\s+([1-9][0-9]{0,5}))?", re.ASCII)
_COMPOSITE = re.compile(r"(any|weights)(?:\s+([0-9]{1,2}(?:\.[0-9]{1,9})?)%)?", re.ASCII)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotations:
    """What a document asks for.

    Attributes:
        rules: Burn rules that are written out; None where none are.
        blame_by: Labels by which events are counted apart.
        each: By which labels it is one SLO for each set of values; None where it is but one.
        evidence: What an alert needs besides its burn rate; None for the usual.
        silence: After so long without an event someone is called; None where it is not said.
        composite: What an event of several parts is; None where it is not said.
        target: Of all parts together; None where it follows from theirs.
        bounded: Whether a limit between two edges of a histogram is bounded, and not refused.
    """

    rules: tuple[BurnRule, ...] | None = None
    blame_by: tuple[str, ...] = ()
    each: LabelSets | None = None
    evidence: EvidenceGate | None = None
    silence: timedelta | None = None
    composite: Rule | None = None
    target: float | None = None
    bounded: bool = False


def read_annotations(written: Mapping[str, str], place: str, window: timedelta) -> Annotations:
    """Read the annotations of a document whose SLO's window is so long.

    Raises:
        InvalidSpec: One of ours is not known, which names the nearest known one, or cannot be read.
    """
    for name in written:
        if name.startswith(PREFIX) and name not in KNOWN:
            near = get_close_matches(name, KNOWN, n=1, cutoff=0.0)[0]
            msg = f"{place}.annotations: {name} is not known. Did you mean {near!r}?"
            raise InvalidSpec(msg)

    def read(name: str, parse: Callable[[str], T], otherwise: T) -> T:
        if name not in written:
            return otherwise
        try:
            return parse(written[name])
        except InvalidSpec as error:
            msg = f"{place}.annotations.{name}: {error}"
            raise InvalidSpec(msg) from error

    nothing: tuple[Rule | None, float | None] = None, None
    composite, target = read(COMPOSITE, _composite, nothing)
    limit = read(EACH_LIMIT, _limit, LabelSets(labels=()).limit)
    unlabelled: tuple[str, ...] = ()
    labels = read(EACH, _set_labels, unlabelled)
    return Annotations(
        rules=read(RULES, lambda text: parse_burn_rules(text, window), None),
        blame_by=read(BLAME, _labels, unlabelled),
        each=LabelSets(labels=labels, limit=limit) if labels else None,
        evidence=read(EVIDENCE, _evidence, None),
        silence=read(SILENCE, _length, None),
        composite=composite,
        target=target,
        bounded=read(BOUND, _bound, False),  # noqa: FBT003 -- what holds where it is not said
    )


def _labels(text: str) -> tuple[str, ...]:
    labels = tuple(label.strip() for label in text.split(",") if label.strip())
    wrong = [label for label in labels if _LABEL.fullmatch(label) is None]
    if wrong or not labels or len(set(labels)) != len(labels) or len(labels) > MOST_LABELS:
        msg = (
            f"{text!r} must be one to {MOST_LABELS} different "
            "label names with commas between them, for example model,version,target."
        )
        raise InvalidSpec(msg)
    return labels


def _set_labels(text: str) -> tuple[str, ...]:
    labels = _labels(text)
    if TARGET in labels:
        msg = f"{TARGET!r} is on no series; name a label of the metrics, for example model."
        raise InvalidSpec(msg)
    return labels


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_SETS:
        msg = f"{text!r} must be a whole number from 1 to {MOST_SETS}."
        raise InvalidSpec(msg)
    return int(text)


def _evidence(text: str) -> EvidenceGate:
    found = _EVIDENCE.fullmatch(text.strip())
    try:
        chance = float(found[1]) if found else 0.0
    except ValueError:
        chance = 0.0
    if found is None or not 0.0 < chance <= 1.0:
        msg = f"{text!r} says no evidence. Write for example: chance 0.001, bad 3."
        raise InvalidSpec(msg)
    return EvidenceGate(chance=chance, min_bad=int(found[2] or EvidenceGate().min_bad))


def _length(text: str) -> timedelta:
    found = _LENGTH.fullmatch(text.strip())
    if found is None:
        msg = f"{text!r} is no length of time. Write for example 15m or 1h."
        raise InvalidSpec(msg)
    return int(found[1]) * UNIT_LENGTHS[found[2]]


def _composite(text: str) -> tuple[Rule | None, float | None]:
    found = _COMPOSITE.fullmatch(text.strip())
    if found is None:
        msg = (
            f"{text!r} is no rule. Write any, where the objectives judge the same events, or weights, "
            "where each has its own; and, if you like, a target: any 99%."
        )
        raise InvalidSpec(msg)
    return Rule(found[1]), float(found[2]) / 100 if found[2] else None


def _bound(text: str) -> bool:
    if text not in ("bound", "refuse"):
        msg = f"{text!r} must be bound or refuse."
        raise InvalidSpec(msg)
    return text == "bound"
