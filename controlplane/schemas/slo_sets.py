"""Shapes of sets of SLO files that are applied over REST."""

from typing import Annotated

from pydantic import Field

from controlplane.schemas.shape import Shape

__all__ = ["SloChangeOut", "SloSetChangeOut", "SloSetIn", "SloSetOut"]

FileName = Annotated[str, Field(min_length=1, max_length=255)]
FileText = Annotated[str, Field(max_length=1 << 20)]


class SloSetIn(Shape):
    """The files of a set, by name; together they are all that the set is from now on.

    Attributes:
        prune: Whether SLOs that the set had before and has no longer are let go; else that is refused.
    """

    files: Annotated[dict[FileName, FileText], Field(min_length=1, max_length=1000)]
    prune: bool = False


class SloChangeOut(Shape):
    """What becomes of one SLO: ``added``, ``changed``, ``removed`` or ``unchanged``.

    Attributes:
        differences: Field by field, old and new.
        keeps_counts: Whether what was counted goes on without a seam.
    """

    name: str
    change: str
    differences: tuple[str, ...]
    keeps_counts: bool


class SloSetChangeOut(Shape):
    """What applying a set changes, or would."""

    name: str
    applied: bool
    changes: tuple[SloChangeOut, ...]


class SloSetOut(Shape):
    """A set that was applied.

    Attributes:
        slos: Names of its SLOs.
        files: Names of its files.
        reason: Why it is not watched; empty when it is.
    """

    name: str
    applied_at: float
    slos: tuple[str, ...]
    files: tuple[str, ...]
    reason: str
