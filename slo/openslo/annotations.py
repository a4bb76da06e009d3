"""What the annotations `trimtab.dev/...` of a document ask for: what OpenSLO itself cannot say."""

import re
from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches

from slo.alert_windows import BurnRule
from slo.burn_rules_text import parse_burn_rules
from slo.errors import InvalidSpec

__all__ = ["BLAME", "RULES", "blame_labels", "burn_rules", "refuse_unknown_annotations"]

PREFIX = "trimtab.dev/"
RULES = "trimtab.dev/burn-rules"
BLAME = "trimtab.dev/blame-by"
KNOWN = (RULES, BLAME)
MOST_LABELS = 5
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,127}", re.ASCII)


def refuse_unknown_annotations(annotations: Mapping[str, str], place: str) -> None:
    """Refuse an annotation of ours that we do not know: a typing error would go unseen.

    Raises:
        InvalidSpec: It names the nearest known one.
    """
    for name in annotations:
        if name.startswith(PREFIX) and name not in KNOWN:
            near = get_close_matches(name, KNOWN, n=1, cutoff=0.0)[0]
            msg = f"{place}.annotations: {name} is not known. Did you mean {near!r}?"
            raise InvalidSpec(msg)


def burn_rules(
    annotations: Mapping[str, str], place: str, window: timedelta
) -> tuple[BurnRule, ...] | None:
    """Return the burn rules that are written out; None where none are.

    Raises:
        InvalidSpec: They cannot be read.
    """
    if RULES not in annotations:
        return None
    try:
        return parse_burn_rules(annotations[RULES], window)
    except InvalidSpec as error:
        msg = f"{place}.annotations.{RULES}: {error}"
        raise InvalidSpec(msg) from error


def blame_labels(annotations: Mapping[str, str], place: str) -> tuple[str, ...]:
    """Return the labels by which events are counted apart.

    Raises:
        InvalidSpec: They are no names of labels, or too many.
    """
    text = annotations.get(BLAME, "")
    labels = tuple(label.strip() for label in text.split(",") if label.strip())
    wrong = [label for label in labels if _LABEL.fullmatch(label) is None]
    if wrong or len(set(labels)) != len(labels) or len(labels) > MOST_LABELS:
        msg = (
            f"{place}.annotations.{BLAME} {text!r} must be one to {MOST_LABELS} different "
            "label names with commas between them, for example model,version,target."
        )
        raise InvalidSpec(msg)
    return labels
