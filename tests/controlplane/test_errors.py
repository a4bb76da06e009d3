import inspect

import pytest

from controlplane import errors
from controlplane.errors import IllegalTransition, KeyReused, Refused, TrimtabError

CLASSES = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_in_the_tree_and_in_its_drawing(kind: type[Exception]) -> None:
    assert issubclass(kind, TrimtabError)
    assert kind.__name__ in (errors.__doc__ or "")
    assert inspect.getdoc(kind)


def test_a_hint_is_empty_unless_given() -> None:
    assert TrimtabError("no").hint == ""
    assert TrimtabError("no", hint="try this").hint == "try this"


def test_what_the_state_forbids_is_a_refusal() -> None:
    assert issubclass(IllegalTransition, Refused)
    assert issubclass(KeyReused, Refused)
