"""Which series are meant: ``name{label="value",other=~"regex"}``, as Prometheus writes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from slo.errors import InvalidSelector
from slo.pattern import compile_pattern

__all__ = ["Matcher", "Selector", "parse_selectors"]

MAX_QUERY = 4096
ALLOWED = 'a selector such as name{label="value"}, sum(selector), or sums of those joined by +'

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_MATCHER = re.compile(
    r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\\n]|\\.)*)"\s*(,|(?=\}))', re.ASCII
)
_ESCAPE = re.compile(r"\\(.)")
ESCAPES = {"\\": "\\", '"': '"', "n": "\n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """One condition on a label; a label that is absent counts as empty."""

    label: str
    operator: str
    value: str

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels meet the condition; regular expressions must match the whole value."""
        actual = labels.get(self.label, "")
        if self.operator in ("=", "!="):
            return (actual == self.value) is (self.operator == "=")
        return compile_pattern(self.value).matches(actual) is (self.operator == "=~")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A metric name and conditions on its labels."""

    name: str
    matchers: tuple[Matcher, ...] = ()

    def selects(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether a series is meant."""
        return name == self.name and all(matcher.holds(labels) for matcher in self.matchers)

    def where(self, *, suffix: str = "", **labels: str) -> "Selector":
        """Return the selector with a suffix to its name and more labels that must be equal."""
        return replace(self.narrowed(labels), name=self.name + suffix)

    def narrowed(self, labels: Mapping[str, str]) -> "Selector":
        """Return the selector with more labels that must be equal."""
        more = (Matcher(label=k, operator="=", value=v) for k, v in labels.items())
        return replace(self, matchers=(*self.matchers, *more))

    def __str__(self) -> str:
        inside = ",".join(f'{m.label}{m.operator}"{_escaped(m.value)}"' for m in self.matchers)
        return f"{self.name}{{{inside}}}" if inside else self.name


def parse_selectors(query: str) -> tuple[Selector, ...]:
    """Read a query; the series of all selectors are meant to be added.

    Raises:
        InvalidSelector: The message shows the query and what is allowed.

    >>> [str(found) for found in parse_selectors('sum(a{code=~"5.."}) + b')]
    ['a{code=~"5.."}', 'b']
    """
    if len(query) > MAX_QUERY:
        msg = f"The query has {len(query)} characters; at most {MAX_QUERY} are read."
        raise InvalidSelector(msg)
    rest, found = query.strip(), []
    while True:
        summed = re.match(r"sum\s*\(\s*", rest)
        selector, rest = _selector(query, rest[summed.end() :] if summed else rest)
        found.append(selector)
        if summed:
            rest = _expect(query, rest, ")")
        if not rest:
            return tuple(found)
        rest = _expect(query, rest, "+")


def _expect(query: str, rest: str, sign: str) -> str:
    if not rest.startswith(sign):
        msg = f"{query!r} is no selector: found {rest[:20]!r}. Write {ALLOWED}."
        raise InvalidSelector(msg)
    return rest[len(sign) :].lstrip()


def _selector(query: str, text: str) -> tuple[Selector, str]:
    name = _NAME.match(text)
    if name is None:
        msg = f"{query!r} is no selector: found {text[:20]!r}. Write {ALLOWED}."
        raise InvalidSelector(msg)
    rest = text[name.end() :].lstrip()
    matchers: list[Matcher] = []
    if rest.startswith("{"):
        rest = rest[1:].lstrip()
        while not rest.startswith("}"):
            found = _MATCHER.match(rest)
            if found is None:
                msg = f'{query!r} breaks off at {rest[:20]!r}. Write {{label="value"}}.'
                raise InvalidSelector(msg)
            matchers.append(_matcher(query, found))
            rest = rest[found.end() :].lstrip()
        rest = rest[1:].lstrip()
    return Selector(name=name[0], matchers=tuple(matchers)), rest


def _matcher(query: str, found: re.Match[str]) -> Matcher:
    label, operator = found[1], found[2]
    pattern = operator in ("=~", "!~")
    value = _ESCAPE.sub(partial(_unescape, query, keep_unknown=pattern), found[3])
    if pattern:
        try:
            compile_pattern(value)
        except InvalidSelector as error:
            msg = f"{query!r}: {error}"
            raise InvalidSelector(msg) from error
    return Matcher(label=label, operator=operator, value=value)


def _unescape(query: str, escape: re.Match[str], *, keep_unknown: bool) -> str:
    r"""Return the character meant; in a pattern ``\d`` may be written with one backslash."""
    if escape[1] in ESCAPES:
        return ESCAPES[escape[1]]
    if keep_unknown:
        return escape[0]
    msg = rf"{query!r} has the unknown escape {escape[0]!r}. Write \\, \" or \n."
    raise InvalidSelector(msg)


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
