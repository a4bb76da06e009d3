"""Whether a mirrored version answers as the serving one does, from how many of its answers differ."""

from bisect import bisect_left
from dataclasses import dataclass
from math import exp, inf, log, log1p

__all__ = ["AnswerFinding", "comparisons_to_prove", "judge_answers"]

POINTS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFinding:
    """What is known of the answers.

    Attributes:
        too_many: Whether more differ than may.
        proven: Whether so many differ at most as may.
        text: The figures, in words.
    """

    too_many: bool
    proven: bool
    text: str


def judge_answers(
    compared: int, different: int, *, most: float, alpha: float, beta: float
) -> AnswerFinding:
    """Hold the share of answers that differ against the share that may.

    A bet against each side: the likelihood of several shares beyond ``most``, mixed, over that of
    ``most`` itself. If answers differ independently of each other, its expectation never grows while
    the share is on its own side, so it may be read at any time: a version within the limit is
    sent home with chance alpha at most, one beyond it proven with chance beta at most.

    Args:
        compared: Pairs of answers.
        different: Those that were not the same.
        most: The share that may differ; 1 lets all.
        alpha: Accepted chance of calling too many what is within the limit.
        beta: Accepted chance of calling proven what is beyond it.

    >>> judge_answers(100, 30, most=0.01, alpha=0.01, beta=0.05).too_many
    True
    >>> judge_answers(1000, 0, most=0.01, alpha=0.01, beta=0.05).proven
    True
    """
    if most >= 1.0:
        return AnswerFinding(too_many=False, proven=True, text="answers may differ")
    text = f"{different} of {compared} answers differ; {most:.2%} may"
    above = [most ** (1.0 - (point + 1) / (POINTS + 1)) for point in range(POINTS)]
    below = [0.0, *(most * 0.5**point for point in range(1, POINTS // 2))]
    return AnswerFinding(
        too_many=_log_evidence(compared, different, most, above) >= -log(alpha),
        proven=_log_evidence(compared, different, most, below) >= -log(beta),
        text=text,
    )


def comparisons_to_prove(most: float, *, beta: float) -> int:
    """Return how many answers, all the same, prove that no more than a share differ.

    >>> comparisons_to_prove(0.01, beta=0.05), comparisons_to_prove(1.0, beta=0.05)
    (340, 0)
    """
    high = 1
    while not judge_answers(high, 0, most=most, alpha=beta, beta=beta).proven:
        high *= 2
    return bisect_left(
        range(high + 1),
        True,  # noqa: FBT003 -- of what is proven
        key=lambda count: judge_answers(count, 0, most=most, alpha=beta, beta=beta).proven,
    )


def _log_evidence(compared: int, different: int, most: float, shares: list[float]) -> float:
    """Return the logarithm of the mean likelihood ratio of these shares to ``most``."""
    logs = [
        _part(different, share, most) + (compared - different) * (log1p(-share) - log1p(-most))
        for share in shares
    ]
    top = max(logs)
    if top == -inf:
        return top
    return top + log(sum(exp(one - top) for one in logs) / len(logs))


def _part(different: int, share: float, most: float) -> float:
    if different == 0:
        return 0.0
    return -inf if share == 0.0 else different * (log(share) - log(most))
