"""Which kind of file is this: bytes as an input of magika's network, its answer as a label.

The network reads the first and the last bytes of a file, stripped of white space.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from reference_server.datatypes import Array

__all__ = ["FileTypeRules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTypeRules:
    """What the network was trained with.

    Attributes:
        labels: One per output value, in order.
        beg_size: How many of the first bytes it reads.
        end_size: How many of the last bytes it reads.
        block_size: How many bytes from each end are looked at before white space is stripped.
        padding_token: Fills up what a short file lacks.
    """

    labels: tuple[str, ...]
    beg_size: int
    end_size: int
    block_size: int
    padding_token: int

    @classmethod
    def read(cls, path: Path) -> "FileTypeRules":
        """Read magika's ``config.min.json``."""
        config = orjson.loads(path.read_bytes())
        return cls(
            labels=tuple(config["target_labels_space"]),
            beg_size=config["beg_size"],
            end_size=config["end_size"],
            block_size=config["block_size"],
            padding_token=config["padding_token"],
        )

    def features(self, content: bytes) -> Array:
        """Return a file as one row of the input: INT32, [1, beg_size + end_size].

        >>> rules = FileTypeRules(
        ...     labels=("txt",), beg_size=3, end_size=3, block_size=8, padding_token=256
        ... )
        >>> rules.features(b"  hi ").tolist()
        [[104, 105, 32, 32, 104, 105]]
        >>> rules.features(b"x").tolist()
        [[120, 256, 256, 256, 256, 120]]
        """
        row = np.full(self.beg_size + self.end_size, self.padding_token, dtype=np.int32)
        first = content[: self.block_size].lstrip()[: self.beg_size]
        last = content[-self.block_size :].rstrip()[-self.end_size :]
        row[: len(first)] = np.frombuffer(first, dtype=np.uint8)
        row[len(row) - len(last) :] = np.frombuffer(last, dtype=np.uint8)
        return row[np.newaxis]

    def label(self, scores: Array) -> tuple[str, float]:
        """Return the best label of one row of scores, and its score from 0 to 1."""
        best = int(np.argmax(scores))
        return self.labels[best], float(np.ravel(scores)[best])

    def parameters(self) -> dict[str, Any]:
        """Say in the model's metadata what a client needs to use it."""
        return {
            "labels": list(self.labels),
            "beg_size": self.beg_size,
            "end_size": self.end_size,
            "block_size": self.block_size,
            "padding_token": self.padding_token,
        }
