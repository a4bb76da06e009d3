"""What a model registry is told of a rollout: tags of the model version."""

from collections.abc import Mapping

from controlplane.decide.rollout import Rollout
from controlplane.decide.rollout_outcome import outcome_of
from controlplane.decide.rollout_plan import Strategy
from controlplane.decide.rollout_state import Phase

__all__ = ["changed_tags", "tags_of"]

MOST_REASON = 1_000
NONE = "none"
STANDING = ("trimtab.rollout", "trimtab.weight", "trimtab.outcome", "trimtab.phase")
"""Tags of which a change is told. Reason and verdict may change every second, and go along."""


def tags_of(rollout: Rollout) -> dict[str, str]:
    """Return the tags of a rollout as it stands; its phase last, so that the rest is there by then."""
    progress = rollout.progress
    ours = rollout.spec.strategy is not Strategy.OBSERVE
    at_step = ours and progress.phase in (Phase.PROGRESSING, Phase.PAUSED)
    return {
        "trimtab.rollout": rollout.id,
        "trimtab.service": rollout.spec.service,
        "trimtab.weight": f"{rollout.weight:g}" if at_step else NONE,
        "trimtab.verdict": progress.verdict or NONE,
        "trimtab.reason": progress.reason[:MOST_REASON],
        "trimtab.outcome": outcome_of(rollout) or NONE,
        "trimtab.phase": progress.phase.value,
    }


def changed_tags(written: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the tags to set, in their order; none where the rollout stands as was told.

    Args:
        written: As they were set last.
        wanted: As they should be.
    """
    if all(written.get(key) == wanted[key] for key in STANDING):
        return {}
    last = STANDING[-1]
    return {key: value for key, value in wanted.items() if key == last or written.get(key) != value}
