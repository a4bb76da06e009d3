"""SLOs as Prometheus rules: Sloth's own form and ours; Sloth's and Pyrra's specifications in."""

from slo.rules.alert_windows_file import SLOTH_WINDOWS, RuleWindows, read_alert_windows
from slo.rules.exact import exact_groups
from slo.rules.of_spec import sloth_of_spec, spec_of_sloth
from slo.rules.pyrra_spec import is_pyrra, read_pyrra
from slo.rules.sloth_rules import RuleOptions, sloth_groups
from slo.rules.sloth_spec import SlothFile, SlothSlo, is_sloth, read_sloth

__all__ = [
    "SLOTH_WINDOWS",
    "RuleOptions",
    "RuleWindows",
    "SlothFile",
    "SlothSlo",
    "exact_groups",
    "is_pyrra",
    "is_sloth",
    "read_alert_windows",
    "read_pyrra",
    "read_sloth",
    "sloth_groups",
    "sloth_of_spec",
    "spec_of_sloth",
]
