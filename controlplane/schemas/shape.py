"""What every shape shares, and the shape of errors."""

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = ["Batch", "Name", "Problem", "Shape", "Text"]

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Text = Annotated[str, Field(max_length=4096)]


def _batch(value: object) -> str:
    """Check a number of replicas, or a share of them."""
    text = str(value)
    if re.fullmatch(r"[1-9][0-9]{0,3}|[1-9][0-9]?%|100%", text) is None:
        msg = f"{text[:20]!r} is no batch; write how many replicas, such as 1, or which share: 25%"
        raise ValueError(msg)
    return text


Batch = Annotated[str, BeforeValidator(_batch)]
"""How many replicas at a time, ``2``, or which share of them, ``25%``."""


class Shape(BaseModel):
    """What every shape shares: camelCase in JSON, frozen, unknown keys refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )


class Problem(Shape):
    """An error, as RFC 9457 has it, with a code for programs and a hint for people."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    hint: str = ""
    errors: tuple[dict[str, str], ...] = ()
