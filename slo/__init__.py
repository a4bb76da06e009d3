"""Service level objectives: pure mathematics on counts. No input or output, no clock."""

from slo.adjustments import Adjustments, Exclusion, Reset
from slo.alert_windows import WORKBOOK, BurnRule, Severity, rules_for
from slo.alerting import Decision, evaluate, evaluate_rule
from slo.alerting_over_time import firing_over_time
from slo.blame import Blamed, blame
from slo.budget import Budget, error_budget
from slo.budgeting import OCCURRENCES, Budgeting, Method
from slo.burn import burn_rate
from slo.burn_rules_text import parse_burn_rules
from slo.coming_errors import next_error_ratio
from slo.composite import AnySli, CompositeSli, Part, Rule, whole_weights
from slo.count_history import CountHistory
from slo.errors import (
    InvalidCounts,
    InvalidObjective,
    InvalidSelector,
    InvalidSpec,
    NoSuchEdge,
    SloError,
    UnsupportedSpec,
)
from slo.evidence_gate import EvidenceGate, chance_of_at_least
from slo.forecast import Forecast, Outlook, forecast
from slo.label_parts import Split, part_values
from slo.label_sets import LabelSets, name_of_set, sets_shown
from slo.ledger import Ledger
from slo.lint import Fault, Finding, lint_retention, lint_rules, lint_series
from slo.native_histogram import NativeCount, NativeSample, native_sli
from slo.objective import Objective
from slo.openslo import (
    Complaint,
    dangling,
    document_of,
    read_documents,
    read_openslo,
    read_openslo_set,
    validate_documents,
    validate_openslo,
    write_openslo,
)
from slo.period_counts import PeriodGain
from slo.raw_counts import RawSeries, count_raw, count_spec
from slo.resolving import resolve_sli
from slo.selector import Matcher, Selector, parse_selectors
from slo.series_index import SeriesIndex
from slo.sli import Counts, LatencySli, RatioSli, Sli, ThresholdSli
from slo.slices import SlicePart, SliceRule, sliced
from slo.source_memory import Observation
from slo.spec import SloSpec
from slo.spec_changes import changes_of, counts_the_same
from slo.sums import Places, Sums
from slo.suspicion import may_burn
from slo.threshold import Combine, Readings, Threshold
from slo.time_window import CalendarWindow, Period
from slo.windows import CumulativeRing, Row

__all__ = [
    "OCCURRENCES",
    "WORKBOOK",
    "Adjustments",
    "AnySli",
    "Blamed",
    "Budget",
    "Budgeting",
    "BurnRule",
    "CalendarWindow",
    "Combine",
    "Complaint",
    "CompositeSli",
    "CountHistory",
    "Counts",
    "CumulativeRing",
    "Decision",
    "EvidenceGate",
    "Exclusion",
    "Fault",
    "Finding",
    "Forecast",
    "InvalidCounts",
    "InvalidObjective",
    "InvalidSelector",
    "InvalidSpec",
    "LabelSets",
    "LatencySli",
    "Ledger",
    "Matcher",
    "Method",
    "NativeCount",
    "NativeSample",
    "NoSuchEdge",
    "Objective",
    "Observation",
    "Outlook",
    "Part",
    "Period",
    "PeriodGain",
    "Places",
    "RatioSli",
    "RawSeries",
    "Readings",
    "Reset",
    "Row",
    "Rule",
    "Selector",
    "SeriesIndex",
    "Severity",
    "Sli",
    "SlicePart",
    "SliceRule",
    "SloError",
    "SloSpec",
    "Split",
    "Sums",
    "Threshold",
    "ThresholdSli",
    "UnsupportedSpec",
    "blame",
    "burn_rate",
    "chance_of_at_least",
    "changes_of",
    "count_raw",
    "count_spec",
    "counts_the_same",
    "dangling",
    "document_of",
    "error_budget",
    "evaluate",
    "evaluate_rule",
    "firing_over_time",
    "forecast",
    "lint_retention",
    "lint_rules",
    "lint_series",
    "may_burn",
    "name_of_set",
    "native_sli",
    "next_error_ratio",
    "parse_burn_rules",
    "parse_selectors",
    "part_values",
    "read_documents",
    "read_openslo",
    "read_openslo_set",
    "resolve_sli",
    "rules_for",
    "sets_shown",
    "sliced",
    "validate_documents",
    "validate_openslo",
    "whole_weights",
    "write_openslo",
]
