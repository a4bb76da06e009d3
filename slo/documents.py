"""YAML documents from outside: bounded in size and depth, no aliases, dates stay text."""

from collections.abc import Hashable
from typing import Any

import yaml

from slo.errors import InvalidSpec

__all__ = ["read_documents"]

MAX_CHARACTERS = 1 << 20
MAX_DOCUMENTS = 1000
MAX_DEPTH = 32
WRONG_TAGS = (ValueError, TypeError, AttributeError, LookupError)
"""What PyYAML's constructors raise when a tag such as !!bool or !!timestamp lies."""


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


def read_documents(text: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the documents with their numbers; a document that is a list counts as its items.

    Raises:
        InvalidSpec: It is not YAML, too large, too deep, or a document is no mapping.
    """
    if len(text) > MAX_CHARACTERS:
        msg = f"The text has {len(text)} characters; at most {MAX_CHARACTERS} are read."
        raise InvalidSpec(msg)
    try:
        documents = [found for found in yaml.load_all(text, _Loader) if found is not None]
    except (yaml.YAMLError, RecursionError, *WRONG_TAGS) as error:
        msg = f"Not YAML: {' '.join(str(error).split())[:300]}"
        raise InvalidSpec(msg) from error
    flat = [item for found in documents for item in (found if isinstance(found, list) else [found])]
    if len(flat) > MAX_DOCUMENTS:
        msg = f"There are {len(flat)} documents; at most {MAX_DOCUMENTS} are read."
        raise InvalidSpec(msg)
    for number, document in enumerate(flat, 1):
        if not isinstance(document, dict):
            msg = f"document {number} is no mapping but {type(document).__name__}."
            raise InvalidSpec(msg)
        _check_depth(document, number, MAX_DEPTH)
    return list(enumerate(flat, 1))


def _check_depth(value: object, number: int, left: int) -> None:
    if left == 0:
        msg = f"document {number} is nested deeper than {MAX_DEPTH} levels."
        raise InvalidSpec(msg)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        _check_depth(item, number, left - 1)
