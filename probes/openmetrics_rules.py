"""What OpenMetrics demands beyond its grammar: a page that breaks it is refused whole. Pure.

Source: OpenMetrics specification 1.0, sections on metric types.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from math import inf, isnan

from probes.errors import UnreadableMetrics
from probes.exposition_grammar import Line

__all__ = ["check_openmetrics"]

SUFFIXES = {
    "counter": ("_total", "_created"),
    "histogram": ("_bucket", "_count", "_sum", "_created"),
    "gaugehistogram": ("_bucket", "_gcount", "_gsum"),
    "summary": ("", "_count", "_sum", "_created"),
    "info": ("_info",),
}
EDGES = {"histogram": "le", "gaugehistogram": "le", "summary": "quantile"}
NOT_NEGATIVE = ("_total", "_bucket", "_count")
Sample = tuple[int, Line]


def check_openmetrics(types: Mapping[str, str], samples: Sequence[Sample]) -> None:
    """Check the samples of a page against its types.

    Raises:
        UnreadableMetrics: The message names the line and what is wrong with it.
    """
    owners = {family + suffix: family for family, suffix in _names(types)}
    ended: set[str] = set()

    def family_of(sample: Sample) -> str:
        return owners.get(sample[1].name, sample[1].name)

    for family, group in groupby(samples, key=family_of):
        lines = list(group)
        if family in ended:
            raise _refused(lines[0], f"more of {family}, whose samples must stand together")
        ended.add(family)
        kind = types.get(family, "unknown")
        for sample in lines:
            _check_sample(sample, family, kind)
        if kind in ("histogram", "gaugehistogram"):
            _check_buckets(lines)


def _names(types: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for family, kind in types.items():
        for suffix in SUFFIXES.get(kind, ("",)):
            yield family, suffix


def _check_sample(sample: Sample, family: str, kind: str) -> None:
    line, labels = sample[1], sample[1].labels or {}
    suffix = line.name.removeprefix(family)
    allowed = SUFFIXES.get(kind, ("",))
    if suffix not in allowed:
        raise _refused(sample, f"a {kind} whose name does not end with {' or '.join(allowed)}")
    edge = EDGES.get(kind)
    needs_edge = suffix == "_bucket" or (kind == "summary" and not suffix)
    if needs_edge and edge is not None and isnan(_number(labels.get(edge, ""))):
        raise _refused(sample, f"no number in its label {edge}")
    counted = kind != "gaugehistogram" and suffix in NOT_NEGATIVE
    if counted and not line.value >= 0.0:
        raise _refused(sample, "a count that is negative or no number")


def _check_buckets(lines: Sequence[Sample]) -> None:
    buckets: dict[frozenset[tuple[str, str]], list[tuple[float, Sample]]] = {}
    for sample in lines:
        labels = sample[1].labels or {}
        if sample[1].name.endswith("_bucket"):
            who = frozenset((k, v) for k, v in labels.items() if k != "le")
            buckets.setdefault(who, []).append((_number(labels["le"]), sample))
    for ladder in buckets.values():
        if ladder[-1][0] != inf:
            raise _refused(ladder[-1][1], 'the last bucket, which must be le="+Inf"')
        for (edge, before), (next_edge, after) in pairwise(ladder):
            if not edge < next_edge or before[1].value > after[1].value:
                raise _refused(after, "a bucket that does not rise")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _refused(sample: Sample, why: str) -> UnreadableMetrics:
    index, line = sample
    msg = f"Not OpenMetrics: line {index + 1} ({line.name}) has {why}."
    return UnreadableMetrics(msg)
