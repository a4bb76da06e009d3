"""One mapping of a document, read field by field; each complaint names its place."""

from typing import Any

from slo.errors import InvalidSpec

__all__ = ["Fields"]


class Fields:
    """A mapping and where it stands, for example ``SLO fast, spec.objectives[0]``."""

    def __init__(self, value: Any, place: str) -> None:  # noqa: ANN401 -- what the file holds
        if not isinstance(value, dict):
            msg = f"{place} must be a mapping, not {type(value).__name__}."
            raise InvalidSpec(msg)
        self._value: dict[str, Any] = value
        self.place = place

    def __contains__(self, name: str) -> bool:
        return self._value.get(name) is not None

    def text(self, name: str, *, at_most: int = 1050) -> str:
        """Return a text that must be there."""
        value = self._value.get(name)
        if not isinstance(value, str) or not value:
            msg = f"{self._at(name)} must be a text, not {value!r:.60}."
            raise InvalidSpec(msg)
        if len(value) > at_most:
            msg = f"{self._at(name)} has {len(value)} characters; at most {at_most} are allowed."
            raise InvalidSpec(msg)
        return value

    def optional_text(self, name: str, *, at_most: int = 1050) -> str:
        """Return a text, empty when it is not there."""
        return self.text(name, at_most=at_most) if name in self else ""

    def number(self, name: str) -> float:
        """Return a number that must be there."""
        value = self._value.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            msg = f"{self._at(name)} must be a number, not {value!r:.60}."
            raise InvalidSpec(msg)
        return float(value)

    def is_number(self, name: str) -> bool:
        """Whether a number is there."""
        value = self._value.get(name)
        return isinstance(value, int | float) and not isinstance(value, bool)

    def flag(self, name: str) -> bool:
        """Return a yes or no that must be there."""
        value = self._value.get(name)
        if not isinstance(value, bool):
            msg = f"{self._at(name)} must be true or false, not {value!r:.60}."
            raise InvalidSpec(msg)
        return value

    def fields(self, name: str) -> "Fields":
        """Return a mapping that must be there."""
        return Fields(self._value.get(name), self._at(name))

    def only_item(self, name: str) -> "Fields":
        """Return the one item of a list that must have exactly one."""
        value = self._value.get(name)
        if not isinstance(value, list) or len(value) != 1:
            count = len(value) if isinstance(value, list) else "no list"
            msg = f"{self._at(name)} must be a list of exactly one item; it has {count}."
            raise InvalidSpec(msg)
        return Fields(value[0], f"{self._at(name)}[0]")

    def mappings(self, name: str) -> list["Fields"]:
        """Return the mappings of a list that must have some."""
        value = self._value.get(name)
        if not isinstance(value, list) or not value:
            msg = f"{self._at(name)} must be a list of at least one item."
            raise InvalidSpec(msg)
        return [Fields(each, f"{self._at(name)}[{at}]") for at, each in enumerate(value)]

    def items(self, name: str) -> list[Any]:
        """Return what a list holds; nothing when it is not there."""
        value = self._value.get(name)
        return value if isinstance(value, list) else []

    def count(self, name: str) -> int:
        """Return how many items a list has; 0 when it is not there."""
        value = self._value.get(name)
        return len(value) if isinstance(value, list) else 0

    def mapping(self, name: str) -> dict[str, str]:
        """Return a mapping of texts, lists joined by commas; empty when it is not there."""
        value = self._value.get(name) or {}
        if not isinstance(value, dict):
            msg = f"{self._at(name)} must be a mapping, not {type(value).__name__}."
            raise InvalidSpec(msg)
        return {str(key): _line(item) for key, item in value.items()}

    def _at(self, name: object) -> str:
        joint = "." if ", " in self.place else ", "
        return f"{self.place}{joint}{name}"


def _line(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
