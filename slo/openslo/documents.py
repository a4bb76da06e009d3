"""YAML and JSON from outside: bounded in size and depth, no aliases, dates stay text, lines known."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from slo.errors import InvalidSpec

__all__ = ["Document", "Path", "read_documents"]

MAX_CHARACTERS = 1 << 20
MAX_DOCUMENTS = 1000
MAX_DEPTH = 32
WRONG_TAGS = (ValueError, TypeError, AttributeError, LookupError)
"""What PyYAML's constructors raise when a tag such as !!bool or !!timestamp lies."""

Path = tuple[str | int, ...]
"""Where something stands in a document: names of fields and places in lists."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Document:
    """One document and where its parts stand.

    Attributes:
        value: What it holds.
        lines: On which line each part begins, counted from 1.
        number: Which one of its text it is, counted from 1.
        origin: Name of its file; empty when there is none.
    """

    value: dict[str, Any]
    lines: Mapping[Path, int]
    number: int
    origin: str = ""

    def line(self, path: Path) -> int:
        """Return the line of a part, or of the nearest part around one that is not there."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def where(self, path: Path = ()) -> str:
        """Return file and line of a part, or the line alone where there is no file."""
        return f"{self.origin}:{self.line(path)}" if self.origin else f"line {self.line(path)}"


class _Loader(yaml.SafeLoader):
    """Safe, without aliases: a few lines of them can stand for gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            msg = f"line {event.start_mark.line + 1}: YAML aliases are not read; write it out"
            raise InvalidSpec(msg)
        node: yaml.Node | None = super().compose_node(parent, index)
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 -- PyYAML's signature
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        if len(found) < len(node.value):
            msg = f"line {node.start_mark.line + 1}: a key stands twice in one mapping"
            raise InvalidSpec(msg)
        return found


# YAML 1.1 turns `2020-01-21 12:30:00` into a date; OpenSLO means the text.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_documents(text: str, *, origin: str = "") -> list[Document]:
    """Return the documents of a text; a document that is a list counts as its items.

    Args:
        text: YAML or JSON.
        origin: Name of the file, for complaints.

    Raises:
        InvalidSpec: It is not YAML, too large, too deep, or a document is no mapping.
    """
    if len(text) > MAX_CHARACTERS:
        msg = f"The text has {len(text)} characters; at most {MAX_CHARACTERS} are read."
        raise InvalidSpec(msg)
    try:
        found = list(_items(text))
    except (yaml.YAMLError, RecursionError, *WRONG_TAGS) as error:
        msg = f"Not YAML: {' '.join(str(error).split())[:300]}"
        raise InvalidSpec(msg) from error
    if len(found) > MAX_DOCUMENTS:
        msg = f"There are {len(found)} documents; at most {MAX_DOCUMENTS} are read."
        raise InvalidSpec(msg)
    for number, (value, lines) in enumerate(found, 1):
        if not isinstance(value, dict):
            msg = f"line {lines[()]}: document {number} is no mapping but {type(value).__name__}."
            raise InvalidSpec(msg)
    return [
        Document(value=value, lines=lines, number=number, origin=origin)
        for number, (value, lines) in enumerate(found, 1)
    ]


def _items(text: str) -> Iterator[tuple[Any, dict[Path, int]]]:
    """Yield what each document holds, and its lines."""
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                continue
            inner = node.value if isinstance(node, yaml.SequenceNode) else [node]
            for each in inner:
                lines: dict[Path, int] = {}
                _note_lines(each, (), lines)
                value = loader.construct_document(each)
                if value is not None:
                    yield value, lines
    finally:
        loader.dispose()


def _note_lines(node: yaml.Node, path: Path, lines: dict[Path, int]) -> None:
    if len(path) > MAX_DEPTH:
        msg = f"line {node.start_mark.line + 1}: nested deeper than {MAX_DEPTH} levels"
        raise InvalidSpec(msg)
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            lines[inner] = key.start_mark.line + 1
            _note_lines(value, inner, lines)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            _note_lines(value, (*path, place), lines)
