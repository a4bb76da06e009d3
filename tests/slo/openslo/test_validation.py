"""Which documents are OpenSLO: every file of the specification's own projects is judged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo import dangling, read_documents, validate_documents, validate_openslo
from slo.openslo.documents import Document
from slo.openslo.shapes import MOST_COMPLAINTS
from tests.slo.openslo.specification_files import FILES, FOLDER, INVALID

needs_files = pytest.mark.skipif(not FILES, reason="OpenSLO's files are not beside this tree")


@needs_files
def test_all_invalid_files_are_there():
    names = {str(path.relative_to(FOLDER)) for path in FILES}
    assert names >= INVALID.keys()
    assert len(names) > 100


@needs_files
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_each_file_is_judged_with_file_line_and_field(path):
    name = str(path.relative_to(FOLDER))
    found = validate_openslo(path.read_text(), origin=name)
    if name not in INVALID:
        assert found == ()
        return
    line, words = INVALID[name]
    assert any(str(each).startswith(f"{name}:{line}: ") and words in str(each) for each in found), [
        *map(str, found)
    ]


@needs_files
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("v1_alert_policies_invalid_condition", "AlertCondition: 'cpu-usage-breach' is nowhere"),
        ("v1_alert_policies_invalid_target", "'devs-email-notification' is nowhere"),
        ("v1_slo_invalid_policy", "AlertPolicy: 'no-policy' is nowhere"),
        ("v1_slo_invalid_sli", "SLI: 'no-sli' is nowhere"),
        ("v1_slo_invalid_target", "'devs-email-notification' is nowhere"),
    ],
)
def test_references_that_lead_nowhere_are_told_apart_from_validity(name, words):
    folder = FOLDER / "go-sdk" / "pkg" / "openslosdk" / "test_data" / "inline" / "inputs"
    documents = read_documents((folder / f"{name}.yaml").read_text(), origin=name)
    assert validate_documents(documents) == ()
    assert any(words in str(each) for each in dangling(documents))


def test_all_faults_are_told_at_once_and_not_without_end():
    text = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: A}\nspec: {b: 1, c: 2}\n"
    assert [each.line for each in validate_openslo(text)] == [3, 4, 4]
    assert len(validate_openslo("---\n".join([text] * 500))) == MOST_COMPLAINTS


def test_a_text_that_is_no_yaml_is_one_complaint_with_its_line():
    (found,) = validate_openslo("a: 1\nb: [\n", origin="x.yaml")
    assert str(found).startswith("x.yaml:3: the text, as a whole, cannot be read: Not YAML")


def test_the_nearest_name_is_meant():
    text = """
apiVersion: openslo/v1
kind: SLI
metadata: {name: fast-answers}
spec: {ratioMetric: {counter: true}}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: x}
spec: {indicatorRef: fast-answer, alertPolicies: [page]}
"""
    found = [str(each) for each in dangling(read_documents(text))]
    assert found[0].endswith("'fast-answer' is nowhere. Did you mean 'fast-answers'?")
    assert "spec.alertPolicies[0] names no AlertPolicy" in found[1]


LEAF = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("openslo/v1")
)
NAMES = st.sampled_from(
    ["apiVersion", "kind", "metadata", "spec", "name", "objectives", "target", "indicator", "x"]
)
PART = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4)
)


@given(st.sampled_from(["SLO", "SLI", "AlertPolicy", "Service"]), PART, PART, PART)
def test_no_document_does_worse_than_being_complained_of(kind, meta, spec, more):
    for version in ("openslo/v1", "openslo.com/v2alpha", "openslo/v1alpha"):
        value = {"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec, "more": more}
        document = Document(value=value, lines={(): 1}, number=1)
        assert validate_documents([document])
        dangling([document])


@given(st.text(alphabet="ab:-[]{}&*!'\"|>#%@,\n ?~", max_size=40))
def test_no_text_does_worse_than_being_complained_of(text):
    validate_openslo(text)
