"""The verdicts of a rollout, reckoned again from what is stored of its analysis."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

import orjson

from canary_analysis import Analysis, CanaryAnalysisError
from controlplane.errors import InvalidConfig
from controlplane.evidence import evidence_of
from controlplane.recorded.recomputed import Recomputed, differences

__all__ = ["KIND", "VERSION", "digest_of", "recompute_rollout"]

KIND: Final = "trimtab rollout analysis"
VERSION: Final = 1
UNREADABLE = "unreadable"
DAMAGES = (CanaryAnalysisError, KeyError, TypeError, ValueError, IndexError)


def digest_of(judged_seconds: object, verdict: object, state: object) -> str:
    """Return a checksum of one verdict and all that it was reached by.

    A verdict rests on many counts, and hardly on some of them; the checksum finds each one that
    was changed. Who writes it anew is not found: it is no signature.
    """
    told = _plain([judged_seconds, verdict, state])
    return sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def recompute_rollout(saved: Mapping[str, Any]) -> tuple[Recomputed, ...]:
    """Reckon each verdict of a rollout's analysis again, offline.

    Args:
        saved: What ``GET /v1/rollouts/{id}/analysis`` answered.

    Raises:
        InvalidConfig: It holds no verdict, or is of another version.
    """
    if saved.get("version") != VERSION:
        msg = f"The analysis has version {saved.get('version')!r}; this program reads {VERSION}."
        raise InvalidConfig(msg)
    verdicts = saved.get("verdicts")
    if not isinstance(verdicts, list) or not verdicts:
        msg = f"The analysis of {saved.get('rollout')} holds no verdict."
        raise InvalidConfig(msg, hint="there is none before a canary gets traffic")
    if not all(isinstance(each, Mapping) for each in verdicts):
        msg = "The verdicts cannot be read. Were they changed by hand?"
        raise InvalidConfig(msg)
    return tuple(map(_recomputed, verdicts))


def _recomputed(kept: Mapping[str, Any]) -> Recomputed:
    verdict, state = kept.get("verdict"), kept.get("state")
    found = list(_changes(kept))
    now = UNREADABLE
    try:
        if state is not None:
            again = evidence_of(Analysis.restore(state).judge(float(kept["judgedSeconds"])))
            now = str(again["decision"])
            found += differences(
                {"decision": kept["decision"], "verdict": verdict},
                {"decision": now, "verdict": again},
            )
    except DAMAGES as error:
        found.append(f"/state: it cannot be read ({error})")
    return Recomputed(
        what=f"generation {kept.get('generation')}, {kept.get('phase')}",
        decision=str(kept.get("decision")),
        now=now,
        differences=tuple(found),
    )


def _changes(kept: Mapping[str, Any]) -> Iterator[str]:
    """Yield what shows before anything is reckoned."""
    if kept.get("state") is None:
        yield f"/state: it was left out; ask with ?generation={kept.get('generation')}"
        return
    told = kept.get("digest")
    if told != digest_of(kept.get("judgedSeconds"), kept.get("verdict"), kept.get("state")):
        yield "/digest: the verdict, or a count that it rests on, was changed"


def _plain(value: object) -> object:
    """Write numbers as one would: other programs that hand JSON on make 10 of 10.0."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53:
        return int(value)
    return value
