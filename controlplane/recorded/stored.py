"""A verdict with everything it rests on, as JSON, and the same verdict reckoned again from it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from math import isfinite
from typing import Any

import numpy as np
import orjson

from canary_analysis import Policy
from canary_analysis.compare import Read, read_past, usual_config
from canary_analysis.compare_points import names_of, points_of
from canary_analysis.compare_recording import Recording
from canary_analysis.errors import CanaryAnalysisError
from canary_analysis.kayenta import Config, Judgement, judge, parse_config
from controlplane.errors import InvalidConfig
from controlplane.recorded.recomputed import Recomputed, differences

__all__ = [
    "Judge",
    "KayentaAsked",
    "judge_kayenta",
    "plain_of",
    "recompute",
    "stored",
]

KIND, VERSION = "trimtab canary verdict", 1
LEAST_STEP_SECONDS = 0.001


class Judge(StrEnum):
    """Who judges."""

    TRIMTAB = "trimtab"
    KAYENTA = "kayenta"


@dataclass(frozen=True, slots=True, kw_only=True)
class KayentaAsked:
    """How Kayenta's judge is asked.

    Attributes:
        config: As written; None takes the configuration that fits the recording.
        step_seconds: Between two points.
        seed: Of the noise on constant points.

    Raises:
        InvalidConfig: It cannot be asked so.
    """

    config: Mapping[str, Any] | None = None
    step_seconds: float = 60.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what nobody can be asked by."""
        if not (isfinite(self.step_seconds) and self.step_seconds >= LEAST_STEP_SECONDS):
            msg = (
                f"Points must be {LEAST_STEP_SECONDS:g} s or more apart, not {self.step_seconds:g}."
            )
            raise InvalidConfig(msg)
        if self.seed < 0:
            msg = f"A seed must be 0 or more, not {self.seed}."
            raise InvalidConfig(msg)

    def config_for(self, recording: Recording) -> Config:
        """Return what is judged by.

        Raises:
            InvalidConfig: It cannot be read, or names a metric that was not recorded.
        """
        if self.config is None:
            return usual_config(recording)
        try:
            found = parse_config(self.config)
        except CanaryAnalysisError as error:
            raise InvalidConfig(str(error)) from error
        known = [
            name
            for counted in recording.metrics
            for name in names_of(counted.metric.name, counted.metric.kind)
        ]
        missing = [metric.name for metric in found.metrics if metric.name not in known]
        if missing:
            msg = f"Not recorded: {', '.join(missing)}."
            raise InvalidConfig(msg, hint=f"metrics may be called {', '.join(known)}")
        return found

    def rng(self) -> np.random.Generator:
        """Return the source of noise, anew."""
        return np.random.default_rng(self.seed)


def judge_kayenta(recording: Recording, asked: KayentaAsked) -> Judgement:
    """Judge everything once.

    Raises:
        InvalidConfig: The configuration cannot be used.
    """
    config = asked.config_for(recording)
    return judge(config, points_of(recording, step_seconds=asked.step_seconds), asked.rng())


def stored(
    recording: Recording,
    result: Read | Judgement,
    asked: Policy | KayentaAsked,
    *,
    notes: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return a verdict as JSON that it can be recomputed from."""
    judged_by = Judge.TRIMTAB if isinstance(result, Read) else Judge.KAYENTA
    return {
        "kind": KIND,
        "version": VERSION,
        "judge": judged_by.value,
        "decision": _decision(result),
        "notes": list(notes),
        "result": plain_of(result),
        "asked": plain_of(asked),
        "recording": recording.to_plain(),
    }


def plain_of(value: object) -> Any:  # noqa: ANN401 -- JSON out
    """Return a dataclass as plain JSON; a figure that is not finite becomes None."""
    return orjson.loads(orjson.dumps(asdict(value)))  # type: ignore[call-overload]


def _decision(result: Read | Judgement) -> str:
    return str(result.verdict.decision if isinstance(result, Read) else result.outcome)


def recompute(saved: object) -> Recomputed:
    """Reckon a stored verdict again from its own counts and limits, and compare.

    Raises:
        InvalidConfig: It is no stored verdict, or was damaged.
    """
    if not isinstance(saved, Mapping) or saved.get("kind") != KIND:
        msg = "This is no stored verdict."
        raise InvalidConfig(msg, hint="write one with trimtab canary judge ... -o json")
    if saved.get("version") != VERSION:
        msg = f"The verdict has version {saved.get('version')!r}; this program reads {VERSION}."
        raise InvalidConfig(msg)
    try:
        recording = Recording.from_plain(saved["recording"])
        asked = saved["asked"]
        result: Read | Judgement
        if Judge(saved["judge"]) is Judge.TRIMTAB:
            result = read_past(recording, Policy(**asked))
        else:
            result = judge_kayenta(recording, KayentaAsked(**asked))
        before = {"decision": saved["decision"], "result": saved["result"]}
    except (CanaryAnalysisError, KeyError, TypeError, ValueError) as error:
        msg = f"The stored verdict cannot be read: {error}"
        raise InvalidConfig(msg) from error
    after = {"decision": _decision(result), "result": plain_of(result)}
    return Recomputed(
        what="verdict",
        decision=str(before["decision"]),
        now=_decision(result),
        differences=tuple(differences(before, after)),
    )
