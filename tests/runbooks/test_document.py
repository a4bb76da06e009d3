import pytest

from runbooks.document import check_params, read_runbook
from runbooks.errors import InvalidParams, InvalidRunbook
from tests.runbooks.conftest import HEAD, fence

ATTRIBUTES = '{"name":"go","timeout":"5s","danger":"true","expect":"3","idempotent":"true"}'
STEP = fence("true")


def test_a_runbook_is_read_with_its_steps() -> None:
    book = read_runbook("test", HEAD + fence("trimtab slo list") + fence("exit 3", ATTRIBUTES))
    assert (book.title, book.owner, book.alerts) == ("A test", "tests", ("SLOBurn",))
    assert [(p.name, p.required) for p in book.params] == [("service", True), ("note", False)]
    plain, dangerous = book.steps
    assert (plain.name, plain.command, plain.danger) == ("step-1", "trimtab slo list", False)
    assert (plain.timeout_seconds, plain.expect) == (60.0, 0)
    assert (dangerous.name, dangerous.danger) == ("go", True)
    assert (dangerous.timeout_seconds, dangerous.expect) == (5.0, 3)


def test_fences_of_other_languages_are_reading_matter() -> None:
    book = read_runbook("test", HEAD + "\n```python\nprint()\n```\n" + STEP)
    assert len(book.steps) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("# nothing\n" + STEP, "title and an owner", id="no front matter"),
        pytest.param("---\ntitle: [\n---\n" + STEP, "not YAML", id="front matter is no YAML"),
        pytest.param("---\ntitle: x\n---\n" + STEP, "title and an owner", id="no owner"),
        pytest.param(HEAD, "needs steps", id="no step"),
        pytest.param(
            HEAD + fence("a", '{"name":"x"}') + fence("b", '{"name":"x"}'),
            "names that differ",
            id="two steps of one name",
        ),
        pytest.param(HEAD + fence("a", '{"name":}'), "not JSON", id="attributes are no JSON"),
        pytest.param(HEAD + fence("a", '{"label":"x"}'), "'label'", id="an unknown attribute"),
        pytest.param(HEAD + fence("a {{ service }}"), "Use .variables", id="text substitution"),
        pytest.param(HEAD + fence("a", '{"timeout":"1m"}'), "like 30s", id="a timeout in minutes"),
        pytest.param(HEAD + fence("a", '{"timeout":5}'), "in quotes", id="a bare number"),
        pytest.param(
            HEAD + fence("a", '{"danger":true}'), "in quotes", id="danger that is no text"
        ),
        pytest.param(
            HEAD + fence("a", '{"danger":"yes"}'), "true or false", id="danger in other words"
        ),
        pytest.param(HEAD + fence("a", '{"expect":"no"}'), "exit code", id="no exit code"),
        pytest.param(HEAD + STEP + fence("a", "name=x"), "only 1 can be read", id="a lost step"),
        pytest.param(
            HEAD.replace("service:", "PATH:") + STEP, "small letters", id="a variable that steers"
        ),
        pytest.param(
            HEAD.replace('".*"', '"("') + STEP, "no regular expression", id="a broken pattern"
        ),
        pytest.param(
            HEAD.replace('{pattern: ".*", required: true}', "5") + STEP,
            "needs a pattern",
            id="a parameter without a pattern",
        ),
        pytest.param(
            HEAD.replace("[SLOBurn]", "SLOBurn") + STEP, "its alerts a list", id="alerts are text"
        ),
    ],
)
def test_a_file_that_cannot_run_is_told_why(text: str, told: str) -> None:
    with pytest.raises(InvalidRunbook, match=told) as caught:
        read_runbook("test", text)
    assert str(caught.value).startswith("test: ")


def test_parameters_that_fit_are_taken() -> None:
    book = read_runbook("test", HEAD + STEP)
    assert check_params(book, {"service": "resnet"}) == {"service": "resnet"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param({}, "-p service=", id="one is missing"),
        pytest.param({"service": "x", "speed": "1"}, "takes: service, note", id="one is unknown"),
        pytest.param({"service": "x", "note": "A"}, "does not fit", id="one does not fit"),
        pytest.param({"service": "x", "note": "a\n"}, "does not fit", id="a newline at the end"),
    ],
)
def test_parameters_that_do_not_fit_are_told(given: dict[str, str], told: str) -> None:
    book = read_runbook("test", HEAD + STEP)
    with pytest.raises(InvalidParams, match=told):
        check_params(book, given)
