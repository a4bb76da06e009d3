"""The grammar of label patterns: what RE2 knows, without flags, assertions and Unicode classes."""

import re
from dataclasses import dataclass
from typing import NoReturn

from slo.errors import InvalidSelector

__all__ = ["Alt", "Cat", "Chars", "Empty", "Node", "Repeat", "parse_pattern"]

LAST = 0x10FFFF
Ranges = tuple[tuple[int, int], ...]

_COUNT = re.compile(r"\{([0-9]{1,4})(,([0-9]{0,4}))?\}", re.ASCII)
_HEX = re.compile(r"[0-9a-fA-F]{2}", re.ASCII)
DIGIT: Ranges = ((48, 57),)
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: Ranges = ((9, 10), (12, 13), (32, 32))
CONTROLS = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "a": 7}


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing at all."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of ranges of code points, both ends included."""

    ranges: Ranges

    def holds(self, code: int) -> bool:
        """Whether a code point is among them."""
        return any(low <= code <= high for low, high in self.ranges)


@dataclass(frozen=True, slots=True)
class Cat:
    """One after the other."""

    first: "Node"
    rest: "Node"


@dataclass(frozen=True, slots=True)
class Alt:
    """One of several."""

    options: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Again and again: at least and at most so often; None is without limit."""

    inner: "Node"
    least: int
    most: int | None


Node = Empty | Chars | Cat | Alt | Repeat
SHORTHANDS: dict[str, Ranges] = {"d": DIGIT, "w": WORD, "s": SPACE}
REPEATS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def parse_pattern(pattern: str) -> Node:
    """Return the syntax tree of a pattern that is matched against a whole text.

    Raises:
        InvalidSelector: The message names the place and what is allowed.

    >>> parse_pattern("a?")
    Repeat(inner=Chars(ranges=((97, 97),)), least=0, most=1)
    """
    reader = _Reader(pattern)
    node = reader.options()
    if reader.rest:
        reader.refuse("a ) without its (")
    return node


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    @property
    def rest(self) -> str:
        return self._pattern[self._at :]

    def refuse(self, why: str) -> NoReturn:
        msg = f"The pattern {self._pattern!r} has {why} at character {self._at + 1}."
        raise InvalidSelector(msg)

    def options(self) -> Node:
        found = [self._sequence()]
        while self._takes("|"):
            found.append(self._sequence())
        return found[0] if len(found) == 1 else Alt(tuple(found))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self.rest and self.rest[0] not in "|)":
            if self._takes_anchor():
                continue
            parts.append(self._repeated(self._atom()))
        node: Node = parts.pop() if parts else Empty()
        while parts:
            node = Cat(parts.pop(), node)
        return node

    def _takes(self, sign: str) -> bool:
        taken = self.rest.startswith(sign)
        self._at += len(sign) * taken
        return taken

    def _takes_anchor(self) -> bool:
        """Whether a ^ or $ stands at an end of the pattern, where it says what is so anyway."""
        if self.rest[0] not in "^$":
            return False
        if self._at != (0 if self.rest[0] == "^" else len(self._pattern) - 1):
            self.refuse("a ^ or $ inside; the whole value is matched anyway; write \\^ or \\$")
        self._at += 1
        return True

    def _atom(self) -> Node:
        if self._takes("("):
            if self.rest.startswith("?") and not self._takes("?:"):
                self.refuse("a (?...), which is not known; only (?:...) is")
            inner = self.options()
            if not self._takes(")"):
                self.refuse("a ( without its )")
            return inner
        if self._takes("["):
            return Chars(self._class())
        if self._takes("."):
            return Chars(((0, LAST),))
        if self.rest[0] in REPEATS:
            self.refuse("nothing to repeat")
        return Chars(self._character())

    def _repeated(self, node: Node) -> Node:
        counted = _COUNT.match(self.rest)
        if counted:
            least = int(counted[1])
            most = least if counted[2] is None else int(counted[3]) if counted[3] else None
            self._at += counted.end()
        elif self.rest and self.rest[0] in REPEATS:
            least, most = REPEATS[self.rest[0]]
            self._at += 1
        else:
            return node
        if most is not None and least > most:
            self.refuse("a repeat whose ends are in the wrong order")
        self._takes("?")  # greedy or not is all the same to a whole match
        if self.rest and (self.rest[0] in REPEATS or _COUNT.match(self.rest)):
            self.refuse("a repeat of a repeat")
        return Empty() if most == 0 else Repeat(node, least, most)

    def _class(self) -> Ranges:
        refused = self._takes("^")
        found: list[tuple[int, int]] = []
        while not found or not self.rest.startswith("]"):
            if not self.rest or self.rest.startswith("[:"):
                self.refuse("a [ without its ], or a class such as [:alpha:]")
            found.extend(self._span())
        self._at += 1
        return _others(found) if refused else tuple(found)

    def _span(self) -> Ranges:
        low = self._character()
        ends_here = self.rest.startswith("-]")
        if ends_here or not self._takes("-"):
            return low
        high = self._character() if self.rest else ()
        single = [ranges for ranges in (low, high) if len(ranges) == 1]
        if len(single) != 2 or low[0][0] != low[0][1] or high[0][0] != high[0][1]:  # noqa: PLR2004
            self.refuse("a range without two ends")
        if low[0][0] > high[0][0]:
            self.refuse("a range whose ends are in the wrong order")
        return ((low[0][0], high[0][0]),)

    def _character(self) -> Ranges:
        sign = self.rest[0]
        self._at += 1
        if sign != "\\":
            return ((ord(sign), ord(sign)),)
        if not self.rest:
            self.refuse("a backslash at its end")
        sign = self.rest[0]
        self._at += 1
        if sign.lower() in SHORTHANDS:
            ranges = SHORTHANDS[sign.lower()]
            return ranges if sign.islower() else _others(list(ranges))
        code = self._hexadecimal() if sign == "x" else CONTROLS.get(sign, ord(sign))
        if sign not in CONTROLS and sign != "x" and (sign.isalnum() or not sign.isascii()):
            self.refuse(f"an escape \\{sign}, which is not known")
        return ((code, code),)

    def _hexadecimal(self) -> int:
        found = _HEX.match(self.rest)
        if found is None:
            self.refuse("a \\x without two hexadecimal digits")
        self._at += 2
        return int(found[0], 16)


def _others(ranges: list[tuple[int, int]]) -> Ranges:
    """Return all code points that are not in the ranges."""
    found, begin = [], 0
    for low, high in sorted(ranges):
        if low > begin:
            found.append((begin, low - 1))
        begin = max(begin, high + 1)
    if begin <= LAST:
        found.append((begin, LAST))
    return tuple(found)
