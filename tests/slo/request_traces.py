"""Two real hours of requests, and what of them a limit on the time of an answer would call bad."""

import csv
from datetime import datetime
from pathlib import Path

import numpy as np

__all__ = ["TRACES", "events", "steps", "waits"]

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "traces"
TRACES = ("code", "conv")
SECONDS_BY_TOKEN = {"ContextTokens": 0.0002, "GeneratedTokens": 0.02}
SERVERS = 4
SLOWEST = 0.95
"""Answers slower than this share of all are bad: some 5 % in the long run, and far from evenly."""


def events(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return when requests came, in seconds since the first, and which were answered too slowly."""
    times, tokens = requests(name)
    took = sum(seconds * tokens[column] for column, seconds in SECONDS_BY_TOKEN.items())
    return times, took > np.quantile(took, SLOWEST)


def waits(name: str, busy: float) -> tuple[np.ndarray, np.ndarray]:
    """Return when requests came, and which waited too long for one of four servers."""
    times, tokens = requests(name)
    work = tokens["ContextTokens"] / tokens["ContextTokens"].mean()
    work *= busy * SERVERS * times[-1] / len(times)
    free, waited = np.zeros(SERVERS), np.zeros(len(times))
    for number, at in enumerate(times.tolist()):
        server = int(free.argmin())
        begin = max(at, free[server])
        free[server], waited[number] = begin + work[number], begin - at
    return times, waited > np.quantile(waited, SLOWEST)


def requests(name: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return when requests came, and their tokens."""
    with (FOLDER / f"AzureLLMInferenceTrace_{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    times = np.array([datetime.fromisoformat(row["TIMESTAMP"][:26]).timestamp() for row in rows])
    order = np.argsort(times)
    tokens = {
        column: np.array([int(row[column]) for row in rows], dtype=float)[order]
        for column in SECONDS_BY_TOKEN
    }
    return (times - times.min())[order], tokens


def steps(times: np.ndarray, bad: np.ndarray, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Return bad and all requests by step."""
    count = int(times[-1] // seconds)
    at = (times // seconds).astype(int)
    inside = at < count
    return (
        np.bincount(at[inside], bad[inside], minlength=count),
        np.bincount(at[inside], minlength=count).astype(float),
    )
