"""Samples of an engine's answers that are numbers, each taken once.

Source: prometheus/docs, HTTP API: range vectors.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from controlplane.engines import source_of
from slo import RawSeries

__all__ = ["ROUNDED_SECONDS", "Pieces", "gather", "labels_of", "series_of"]

Samples = npt.NDArray[np.float64]
"""Times and values, shape (2, n)."""
Pieces = dict[tuple[tuple[str, str], ...], list[Samples]]
"""What pieces of time brought, by the labels of the series."""
ROUNDED_SECONDS = 2e-3
"""Times are asked for, and told, to the millisecond."""


def labels_of(shown: Mapping[str, str]) -> dict[str, str]:
    """Return the labels of a series, with its name.

    Raises:
        ValueError: They are no texts, or there is no name.
    """
    if "__name__" not in shown or not all(isinstance(value, str) for value in shown.values()):
        msg = f"{str(shown)[:100]} are no labels of a series"
        raise ValueError(msg)
    return dict(shown)


def gather(
    result: Iterable[Mapping[str, Any]],
    pieces: Pieces,
    *,
    since: float,
    until: float,
) -> None:
    """Add samples of a time to their series, but for those that the piece before brought already.

    What is of no time that was asked for is passed over: nothing of a later one would be counted.
    """
    for each in result:
        if not each.get("values"):  # it is a native histogram
            continue
        found = pieces.setdefault(tuple(sorted(labels_of(each["metric"]).items())), [])
        times, values = zip(*each["values"], strict=True)
        samples = np.array([times, list(map(float, values))])
        # VictoriaMetrics tells with NaN that a series went away, and Prometheus leaves it out: it is
        # no sample, and a source is not seen by it. It also shows again what was imported again.
        asked = (samples[0] >= since - ROUNDED_SECONDS) & (samples[0] <= until + ROUNDED_SECONDS)
        samples = samples[:, asked & ~np.isnan(samples[1])]
        samples = samples[:, np.unique(samples[0], return_index=True)[1]]
        if found:
            samples = samples[:, samples[0] > found[-1][0, -1]]
        if samples.shape[1]:
            found.append(samples)


def series_of(labels: dict[str, str], pieces: list[Samples]) -> RawSeries:
    """Return the samples of one series; ``labels`` are those of the answer."""
    times, values = np.concatenate(pieces, axis=1)
    name = labels.pop("__name__")
    return RawSeries(name=name, labels=labels, source=source_of(labels), times=times, values=values)
