"""Regular expressions that always end: one step for each character, whatever the pattern.

Selectors come from users and label values come from servers, so a pattern that backtracks is a way
to stop the control plane. Prometheus uses RE2 for that reason; this is the part of RE2's grammar
that label matchers need, matched against the whole value. A state is a set of what may still
follow (Antimirov's partial derivatives); each state and kind of character is worked out once.
"""

from bisect import bisect_right
from functools import lru_cache

from slo.errors import InvalidSelector
from slo.pattern_grammar import Alt, Cat, Chars, Empty, Node, Repeat, parse_pattern

__all__ = ["Pattern", "compile_pattern"]

MAX_CHARACTERS = 256
MAX_WEIGHT = 1000
"""Characters of a pattern with its counted repeats written out, as in RE2."""
MAX_STEPS = 4096

State = frozenset[Node]


class Pattern:
    """A compiled pattern.

    Args:
        root: Its syntax tree.
    """

    def __init__(self, root: Node) -> None:
        self._edges = sorted({0, *_edges(root)})
        self._start: State = frozenset({root})
        self._steps: dict[tuple[State, int], State] = {}

    def matches(self, text: str) -> bool:
        """Whether the whole text matches.

        >>> compile_pattern("(a+)+b").matches("a" * 10_000)
        False
        """
        state = self._start
        for character in text:
            kind = bisect_right(self._edges, ord(character)) - 1
            after = self._steps.get((state, kind))
            state = self._step(state, kind) if after is None else after
            if not state:
                return False
        return any(map(_may_end, state))

    def _step(self, state: State, kind: int) -> State:
        code = self._edges[kind]  # all characters of a kind are alike to the pattern
        after = frozenset(rest for node in state for rest in _after(node, code))
        if len(self._steps) >= MAX_STEPS:
            self._steps.clear()
        self._steps[state, kind] = after
        return after


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> Pattern:
    """Return a pattern ready to match.

    Raises:
        InvalidSelector: It is no regular expression, or one that RE2 would refuse as well.
    """
    if len(pattern) > MAX_CHARACTERS:
        msg = f"The pattern {pattern[:40]!r}... has more than {MAX_CHARACTERS} characters."
        raise InvalidSelector(msg)
    root = parse_pattern(pattern)
    if _weight(root) > MAX_WEIGHT:
        msg = f"The pattern {pattern!r} repeats more than {MAX_WEIGHT} characters. Use + or *."
        raise InvalidSelector(msg)
    return Pattern(root)


def _may_end(node: Node) -> bool:
    match node:
        case Chars():
            return False
        case Cat(first, rest):
            return _may_end(first) and _may_end(rest)
        case Alt(options):
            return any(map(_may_end, options))
        case Repeat(inner, least, _):
            return least == 0 or _may_end(inner)
        case _:  # Empty
            pass
    return True


def _after(node: Node, code: int) -> set[Node]:
    """Return what may follow once a character is read."""
    match node:
        case Chars():
            return {Empty()} if node.holds(code) else set()
        case Cat(first, rest):
            found = {_cat(left, rest) for left in _after(first, code)}
            return found | _after(rest, code) if _may_end(first) else found
        case Alt(options):
            return {left for option in options for left in _after(option, code)}
        case Repeat(inner, least, most):
            again = _again(inner, least, most)
            return {_cat(left, again) for left in _after(inner, code)}
        case _:  # Empty
            pass
    return set()


def _again(inner: Node, least: int, most: int | None) -> Node:
    """Return a repeat that has one turn behind it."""
    if most == 1:
        return Empty()
    return Repeat(inner, max(0, least - 1), None if most is None else most - 1)


def _cat(first: Node, rest: Node) -> Node:
    if isinstance(first, Empty):
        return rest
    if isinstance(rest, Empty):
        return first
    # Leaning to the right: however a turn was cut up, what is left of it reads the same.
    return Cat(first.first, _cat(first.rest, rest)) if isinstance(first, Cat) else Cat(first, rest)


def _edges(node: Node) -> set[int]:
    """Return the code points at which characters begin or cease to be alike."""
    match node:
        case Chars(ranges):
            return {edge for low, high in ranges for edge in (low, high + 1)}
        case Cat(first, rest):
            return _edges(first) | _edges(rest)
        case Alt(options):
            return {edge for option in options for edge in _edges(option)}
        case Repeat(inner, _, _):
            return _edges(inner)
        case _:  # Empty
            pass
    return set()


def _weight(node: Node) -> int:
    match node:
        case Cat(first, rest):
            return _weight(first) + _weight(rest)
        case Alt(options):
            return sum(map(_weight, options))
        case Repeat(inner, least, most):
            return _weight(inner) * max(1, least, most or 0)
        case _:  # Empty, Chars
            pass
    return 1
