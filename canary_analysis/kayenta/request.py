"""What a body of Kayenta's ``POST /canary`` asks of Prometheus: one query for each metric and scope.

Checked against spinnaker/kayenta@a69573be, PrometheusMetricsService and QueryConfigUtils.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from canary_analysis.kayenta.config import InvalidCanaryConfig

__all__ = ["MetricQueries", "Query", "is_request", "queries_of"]

WHOLE = "PromQL:"
"""A template that begins so is a whole query, and no filter."""
MOST_POINTS = 11_000
"""Prometheus gives no more at once."""
SCOPES = {"canary": "experimentScope", "baseline": "controlScope"}
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9_.]+)(?::-([^}]*))?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One range query.

    Attributes:
        promql: What is asked.
        since: First point, Unix seconds.
        until: Last point at the latest.
        step_seconds: Between two points.
    """

    promql: str
    since: float
    until: float
    step_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQueries:
    """What is asked for one metric.

    Attributes:
        name: Of the metric.
        canary: For its points.
        baseline: The same.
    """

    name: str
    canary: Query
    baseline: Query


def is_request(value: object) -> bool:
    """Whether this is a whole request, with the scopes that its queries are asked for."""
    return isinstance(value, Mapping) and bool(
        isinstance(value.get("executionRequest"), Mapping)
        and value["executionRequest"].get("scopes")
    )


def queries_of(value: Mapping[str, Any]) -> tuple[MetricQueries, ...]:
    """Return the queries of a request, in the order of its metrics.

    Args:
        value: ``{"canaryConfig": ..., "executionRequest": {"scopes": ...}}``.

    Raises:
        InvalidCanaryConfig: A query cannot be made; the message names the place.
    """
    config = _object(value.get("canaryConfig"), "canaryConfig")
    scopes = _object(value["executionRequest"]["scopes"], "executionRequest.scopes")
    templates = _object(config.get("templates") or {}, "canaryConfig.templates")
    found = []
    for index, metric in enumerate(config.get("metrics") or ()):
        place = f"metrics[{index}]"
        written = _object(metric, place)
        named = written.get("scopeName") or "default"
        pair = _object(scopes.get(named), f"executionRequest.scopes.{named}")
        asked = _object(written.get("query"), f"{place}.query")
        if asked.get("type", "prometheus") != "prometheus":
            msg = f"{place}.query is of type {asked['type']!r}; only prometheus can be asked."
            raise InvalidCanaryConfig(msg)
        canary, baseline = (
            _query(asked, _object(pair.get(key), f"scopes.{named}.{key}"), templates, place)
            for key in SCOPES.values()
        )
        found.append(MetricQueries(name=str(written.get("name")), canary=canary, baseline=baseline))
    return tuple(found)


def _query(
    asked: Mapping[str, Any], scope: Mapping[str, Any], templates: Mapping[str, Any], place: str
) -> Query:
    since, until = (_moment(scope.get(key), f"{place}: {key}") for key in ("start", "end"))
    step = scope.get("step")
    if isinstance(step, bool) or not isinstance(step, int | float) or step <= 0:
        msg = f"{place}: the scope's step must be seconds above 0, not {step!r}."
        raise InvalidCanaryConfig(msg)
    if not since < until or (until - since) / step > MOST_POINTS:
        msg = (
            f"{place}: the scope must end after it begins, and have {MOST_POINTS:,} points at most."
        )
        raise InvalidCanaryConfig(msg)
    promql = _promql(asked, scope, templates, place)
    return Query(promql=promql, since=since, until=until, step_seconds=float(step))


def _promql(
    asked: Mapping[str, Any], scope: Mapping[str, Any], templates: Mapping[str, Any], place: str
) -> str:
    filters = _template(asked, templates, place)
    if filters is not None:
        filters = _expanded(filters, asked, scope, place)
        if filters.startswith(WHOLE):
            return filters.removeprefix(WHOLE)
    if not asked.get("metricName"):
        msg = f"{place}.query needs a metricName, or a template that begins with {WHOLE}"
        raise InvalidCanaryConfig(msg)
    kind = asked.get("resourceType") or scope.get("resourceType")
    conditions = [str(each) for each in asked.get("labelBindings") or ()]
    if filters:
        conditions = [*filters.split(","), *conditions]
    else:
        conditions += _of_resource(kind, scope, place)
    by = ",".join(map(str, asked.get("groupByFields") or ()))
    return f"avg({asked['metricName']}{{{','.join(conditions)}}})" + (f" by ({by})" if by else "")


def _template(asked: Mapping[str, Any], templates: Mapping[str, Any], place: str) -> str | None:
    inline, named = asked.get("customInlineTemplate"), asked.get("customFilterTemplate")
    if inline:
        return str(inline).replace("$\\{", "${")
    if not named:
        return None
    if named not in templates:
        known = ", ".join(sorted(templates)) or "none"
        msg = f"{place}.query names the template {named!r}; there are: {known}."
        raise InvalidCanaryConfig(msg)
    return str(templates[named]).replace("$\\{", "${")


def _expanded(text: str, asked: Mapping[str, Any], scope: Mapping[str, Any], place: str) -> str:
    """Fill in what the scope says; what the query says of itself is nearer, extended parameters nearest."""
    words = ("project", "resourceType", "scope", "location")
    known = {
        word: str(holder[word]) for holder in (scope, asked) for word in words if holder.get(word)
    }
    known |= {key: str(held) for key, held in (scope.get("extendedScopeParams") or {}).items()}

    def filled(found: re.Match[str]) -> str:
        name, usual = found.groups()
        if name not in known and usual is None:
            msg = (
                f"{place}: its template asks for ${{{name}}}; known are {', '.join(sorted(known))}."
            )
            raise InvalidCanaryConfig(msg)
        return known.get(name, usual or "")

    return _VARIABLE.sub(filled, text)


def _of_resource(kind: object, scope: Mapping[str, Any], place: str) -> list[str]:
    """Return the conditions by which Kayenta finds the machines of a scope in a cloud."""
    name, where, project = (scope.get(key) for key in ("scope", "location", "project"))
    if kind not in ("gce_instance", "aws_ec2_instance"):
        msg = f"{place}.query needs a custom template, or resourceType gce_instance or aws_ec2_instance."
        raise InvalidCanaryConfig(msg)
    if not where:
        msg = f"{place}: a location is required for resourceType {kind}."
        raise InvalidCanaryConfig(msg)
    if kind == "aws_ec2_instance":
        return [*([f'asg_groupName="{name}"'] if name else ()), f'zone=~"{where}.{{1}}"']
    within = f"projects/{project}/" if project else ""
    zone = f'zone=~".+/{within}zones/{where}-.{{1}}"'
    return [*([f'instance=~"{name}-.{{4}}"'] if name else ()), zone]


def _moment(value: object, place: str) -> float:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        msg = f"{place} must be a time such as 2026-01-31T00:00:00Z, not {value!r}."
        raise InvalidCanaryConfig(msg) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _object(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        msg = f"{place} must be an object, not {type(value).__name__}."
        raise InvalidCanaryConfig(msg)
    return value
