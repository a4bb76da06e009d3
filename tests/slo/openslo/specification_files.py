"""Every OpenSLO file beside this tree, and what is wrong with those that are invalid.

The verdicts of ``schema-test`` are those of the older JSON schema; of ``oslo/test`` what that program
says of them; of the others what the specification and the rules of go-sdk say. A missing ``op`` in an
alert condition is valid by the schema and asked for by go-sdk: here it is valid, and means gte.
"""

from pathlib import Path

__all__ = ["FILES", "FOLDER", "INVALID"]

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "openslo"
FILES = sorted(
    path
    for path in FOLDER.glob("**/*")
    if path.suffix in {".yaml", ".yml", ".json"} and "schemas" not in path.parts
)

NAME = "metadata.name must be lower-case letters, digits and dashes"
OP = "spec.objectives[0].op belongs to a thresholdMetric"
NO_WINDOW = "spec.timeWindow is missing"
TWICE = "metadata.name is used twice"
SDK, CASES = "go-sdk/pkg/openslosdk/test_data", "schema-test/spec-files/v1"
OSLO = "oslo/test/inputs/validate"
EXAMPLES = "OpenSLO+OpenSLO/examples"

INVALID = {
    f"{EXAMPLES}/budgeting-method/ratio-timeslices.yaml": (32, OP),
    f"{EXAMPLES}/budgeting-method/timeslices-slo.yaml": (35, OP),
    f"{EXAMPLES}/treat-low-traffic-as-equally-important/timeslices-slo.yaml": (33, OP),
    # Two services of one name: as a file of examples it is fine, as a set it is not.
    "go-sdk/pkg/openslo/v1/examples/services.yaml": (24, TWICE),
    "go-sdk/pkg/openslo/v2alpha/examples/services.yaml": (18, TWICE),
    "go-sdk/pkg/openslo/v1/examples/slos.yaml": (40, OP),
    "go-sdk/pkg/openslo/v2alpha/examples/slos.yaml": (34, OP),
    # Made to be decoded, not validated: they lack what an SLO must have.
    f"{SDK}/decode/v1_slos.yaml": (6, NO_WINDOW),
    f"{SDK}/decode/v2alpha_data_source.yaml": (4, NAME),
    f"{SDK}/decode/v2alpha_slos.yaml": (5, "spec.budgetingMethod is missing"),
    f"{SDK}/encode/v1_slo.json": (9, NO_WINDOW),
    f"{SDK}/encode/v1_slo.yaml": (6, NO_WINDOW),
    "oslo/internal/files/testdata/format/invalid-service.yaml": (4, NAME),
    f"{OSLO}/invalid-apiversion.yaml": (1, "apiVersion must be one of openslo/v1"),
    f"{OSLO}/mix/1.yaml": (4, NAME),
    f"{OSLO}/mix/2.yaml": (4, NAME),
    f"{OSLO}/mix/3.yaml": (4, NAME),
    f"{OSLO}/recursive/1.yaml": (4, NAME),
    f"{OSLO}/recursive/nested/2.yaml": (4, NAME),
    f"{OSLO}/recursive/nested/nested2/nested3/3.yaml": (4, NAME),
    f"{OSLO}/unknown-field.yaml": (6, "spec.markdown is not a field of OpenSLO"),
    f"{OSLO}/v1.yaml": (40, OP),
    f"{OSLO}/v1alpha.yaml": (22, "spec.objectives[0].timeSliceTarget is missing"),
    f"{OSLO}/v2alpha.yaml": (34, OP),
    "schema-test/spec-files/invalid-apiversion.yaml": (1, "apiVersion must be one of openslo/v1"),
    f"{CASES}/invalid-apiversion.yaml": (
        2,
        "'AlertNotificationTarget' is no kind of openslo/v1alpha",
    ),
    f"{CASES}/alert-condition/alert-condition-no-condition.yaml": (6, "spec.condition is missing"),
    f"{CASES}/alert-condition/alert-condition-no-sev.yaml": (6, "spec.severity is missing"),
    f"{CASES}/alert-notification-target/alert-notification-target-no-target.yaml": (
        5,
        "spec.target is missing",
    ),
    f"{CASES}/alert-policy/alert-policy-malformed-cond.yaml": (
        12,
        "spec.conditions[0].foo is not a field",
    ),
    f"{CASES}/alert-policy/alert-policy-malformed-targetref.yaml": (
        15,
        "spec.notificationTargets[0].foo is not a field",
    ),
    f"{CASES}/alert-policy/alert-policy-many-cond.yaml": (
        11,
        "spec.conditions must be a list of exactly 1; it is 9",
    ),
    f"{CASES}/alert-policy/alert-policy-no-cond.yaml": (6, "spec.conditions is missing"),
    f"{CASES}/alert-policy/alert-policy-no-notification.yaml": (
        6,
        "spec.notificationTargets is missing",
    ),
    f"{CASES}/service/service-long-description.yaml": (7, "has 1418 characters; at most 1050"),
    f"{CASES}/sli/sli-description-ratio-inline-metricsource.yaml": (
        8,
        "needs exactly one of good or bad; it has good and bad",
    ),
    f"{CASES}/sli/sli-ratio-good-and-bad.yaml": (
        8,
        "needs exactly one of good or bad; it has good and bad",
    ),
}
"""Of each invalid file: the line and the words of one of its faults."""
