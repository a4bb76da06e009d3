"""Names of OpenTelemetry as Prometheus writes them, by the rules that both projects agreed on. Pure.

Dots become underscores, the unit becomes a suffix in its base name, a monotonic sum ends in
``_total``. So an SLO names pushed metrics as it names scraped ones.
"""

import re
from collections.abc import Mapping

__all__ = ["label_name", "metric_name", "series_labels"]

UNITS = {
    "d": "days",
    "h": "hours",
    "min": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "By": "bytes",
    "KiBy": "kibibytes",
    "MiBy": "mebibytes",
    "GiBy": "gibibytes",
    "TiBy": "tibibytes",
    "KBy": "kilobytes",
    "MBy": "megabytes",
    "GBy": "gigabytes",
    "TBy": "terabytes",
    "m": "meters",
    "V": "volts",
    "A": "amperes",
    "J": "joules",
    "W": "watts",
    "g": "grams",
    "Cel": "celsius",
    "Hz": "hertz",
    "%": "percent",
    "1": "",
}
PER = {
    "s": "second",
    "m": "minute",
    "min": "minute",
    "h": "hour",
    "d": "day",
    "w": "week",
    "mo": "month",
    "y": "year",
}
KEPT = frozenset({"service.version", "deployment.environment.name", "cloud.region"})
"""Attributes of a resource that become labels, beside faas.*: what people compare versions by."""
INSTANCES = frozenset({"faas.instance"})
"""Which sandbox it was tells streams apart, and no series: sandboxes come by the thousand."""

_ODD = re.compile(r"[^a-zA-Z0-9:]+", re.ASCII)
_ODD_LABEL = re.compile(r"[^a-zA-Z0-9_]", re.ASCII)
_BRACES = re.compile(r"\{[^{}]*\}")


def metric_name(name: str, unit: str, *, monotonic: bool = False, gauge: bool = False) -> str:
    """Return the name under which Prometheus would store a metric, without a histogram's suffix.

    Args:
        name: As OpenTelemetry has it.
        unit: In UCUM, for example ``s`` or ``{request}``; what stands in braces says nothing.
        monotonic: It is a counter.
        gauge: It is a gauge, for which ``1`` means a ratio.

    >>> metric_name("faas.invoke_duration", "s")
    'faas_invoke_duration_seconds'
    >>> metric_name("faas.invocations", "{invocation}", monotonic=True)
    'faas_invocations_total'
    """
    words = [word for part in _ODD.split(name) for word in part.split("_") if word]
    main, _, per = (part.strip() for part in _BRACES.sub("", unit).partition("/"))
    for name_of_unit, before in ((UNITS.get(main, main), ""), (PER.get(per, per), "per")):
        suffix = _ODD.sub("_", name_of_unit).strip("_")
        if suffix and suffix not in words:
            words += [before, suffix] if before else [suffix]
    if monotonic:
        words = [*(word for word in words if word != "total"), "total"]
    if gauge and unit.strip() == "1":
        words = [*(word for word in words if word != "ratio"), "ratio"]
    joined = "_".join(words) or "_"
    return f"_{joined}" if joined[0].isdigit() else joined


def label_name(name: str) -> str:
    """Return an attribute's name as a label.

    >>> label_name("http.response.status_code"), label_name("2xx")
    ('http_response_status_code', 'key_2xx')
    """
    plain = _ODD_LABEL.sub("_", name)
    if not plain or plain[0].isdigit():
        return f"key_{plain}"
    return f"key{plain}" if plain[0] == "_" and not plain.startswith("__") else plain


def series_labels(resource: Mapping[str, str], point: Mapping[str, str]) -> dict[str, str]:
    """Return the labels of a series, sorted: of its resource what is kept, of its point everything.

    Two attributes that become one label are joined by ``;``, as the rules say.

    >>> series_labels({"service.name": "iris", "faas.instance": "a1"}, {"code.class": "5xx"})
    {'code_class': '5xx', 'job': 'iris'}
    """
    labels: dict[str, str] = {}
    for name in sorted(point):
        label = label_name(name)
        labels[label] = f"{labels[label]};{point[name]}" if label in labels else point[name]
    for name, value in resource.items():
        if (name in KEPT or name.startswith("faas.")) and name not in INSTANCES:
            labels.setdefault(label_name(name), value)
    if service := resource.get("service.name"):
        space = resource.get("service.namespace")
        labels.setdefault("job", f"{space}/{service}" if space else service)
    return dict(sorted(labels.items()))
