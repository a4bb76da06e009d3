"""OpenSLO documents as text: read again, they are the same."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

__all__ = ["write_openslo"]


class _Dumper(yaml.SafeDumper):
    """Writes no aliases; texts that another reader could take for something else are quoted."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 -- PyYAML's signature
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 -- PyYAML's signature
        super().increase_indent(flow, False)  # noqa: FBT003


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    """Write queries of several lines as they are, and quote what would not survive."""
    lines = value.split("\n")
    plain = all(line.isprintable() for line in lines)
    style = ("|" if len(lines) > 1 else None) if plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def write_openslo(documents: Iterable[Mapping[str, Any]]) -> str:
    """Return documents as YAML, in the order of their fields, dates in quotes.

    >>> print(write_openslo([{"apiVersion": "openslo/v1", "kind": "Service"}]), end="")
    apiVersion: openslo/v1
    kind: Service
    """
    return "---\n".join(
        yaml.dump(dict(each), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
        for each in documents
    )
