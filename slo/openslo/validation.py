"""Whether documents are OpenSLO: every fault with its line, its field and what is allowed."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from slo.errors import InvalidSpec
from slo.openslo.documents import Document, Path, read_documents
from slo.openslo.kinds import KINDS
from slo.openslo.shapes import MOST_COMPLAINTS, Check, Complaint, Report
from slo.openslo.v1alpha import V1ALPHA, V1ALPHA_KINDS

__all__ = ["dangling", "validate_documents", "validate_openslo"]

VERSIONS: Mapping[str, Mapping[str, Check]] = {**KINDS, V1ALPHA: V1ALPHA_KINDS}
REFERENCES = {
    "indicatorRef": "SLI",
    "sliRef": "SLI",
    "alertPolicyRef": "AlertPolicy",
    "conditionRef": "AlertCondition",
    "targetRef": "AlertNotificationTarget",
}
"""Fields that name another document, and of which kind."""


def validate_openslo(text: str, *, origin: str = "") -> tuple[Complaint, ...]:
    """Return every fault of a text of OpenSLO documents; none when it is valid.

    Args:
        text: YAML or JSON.
        origin: Name of the file, for complaints.
    """
    try:
        documents = read_documents(text, origin=origin)
    except InvalidSpec as error:
        unread = Complaint(
            origin=origin,
            line=_line_of(str(error)),
            subject="the text",
            place="as a whole,",
            reason=f"cannot be read: {error}",
            code="unreadable",
        )
        return (unread,)
    return validate_documents(documents)


def validate_documents(documents: Iterable[Document]) -> tuple[Complaint, ...]:
    """Return every fault of documents that belong together, names used twice included."""
    found: list[Complaint] = []
    seen: dict[tuple[str, str], Document] = {}
    for document in documents:
        report = Report(document=document, subject=_subject(document))
        _check(document, report)
        key = _key(document)
        if key is not None:
            first = seen.setdefault(key, document)
            if first is not document:
                reason = f"is used twice: {key[0]} {key[1]} stands at {first.where()} too."
                report.add(("metadata", "name"), reason, "duplicate_name")
        found += report.complaints
    return tuple(found[:MOST_COMPLAINTS])


def dangling(documents: Iterable[Document]) -> tuple[Complaint, ...]:
    """Return every reference that names none of the documents."""
    known = list(documents)
    names = {key for document in known if (key := _key(document)) is not None}
    found: list[Complaint] = []
    for document in known:
        report = Report(document=document, subject=_subject(document))
        for path, kind, name in _references(document.value, ()):
            if (kind, name) not in names:
                own = sorted(each for of, each in names if of == kind)
                near = get_close_matches(name, own, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                report.add(path, f"names no {kind}: {name!r} is nowhere.{hint}", "dangling")
        found += report.complaints
    return tuple(found[:MOST_COMPLAINTS])


def _check(document: Document, report: Report) -> None:
    value = document.value
    version, kind = value.get("apiVersion"), value.get("kind")
    if not isinstance(version, str) or version not in VERSIONS:
        known = ", ".join(VERSIONS)
        report.add(("apiVersion",), f"must be one of {known}, not {version!r:.60}.")
        return
    kinds = VERSIONS[version]
    if not isinstance(kind, str) or kind not in kinds:
        near = get_close_matches(str(kind), kinds, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else f" Known are {', '.join(kinds)}."
        report.add(("kind",), f"{kind!r:.60} is no kind of {version}.{hint}")
        return
    kinds[kind](value, (), report)


def _subject(document: Document) -> str:
    key = _key(document)
    return f"document {document.number}" if key is None else f"{key[0]} {key[1]}"


def _key(document: Document) -> tuple[str, str] | None:
    meta = document.value.get("metadata")
    name = meta.get("name") if isinstance(meta, dict) else None
    kind = document.value.get("kind")
    return (kind, name) if isinstance(kind, str) and isinstance(name, str) else None


def _references(value: Any, path: Path) -> Iterator[tuple[Path, str, str]]:  # noqa: ANN401 -- from outside
    if isinstance(value, dict):
        for name, inner in value.items():
            at = (*path, str(name))
            if name in REFERENCES and isinstance(inner, str):
                yield at, REFERENCES[name], inner
            elif name == "alertPolicies" and isinstance(inner, list):
                named = [(place, each) for place, each in enumerate(inner) if isinstance(each, str)]
                yield from (((*at, place), "AlertPolicy", each) for place, each in named)
            yield from _references(inner, at)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _references(inner, (*path, place))


def _line_of(message: str) -> int:
    """Return the line that a message of the reader names; 1 when it names none."""
    words = message.replace(":", " ").replace(",", " ").split()
    at = [words[place + 1] for place, word in enumerate(words[:-1]) if word == "line"]
    return int(at[-1]) if at and at[-1].isdigit() else 1
