"""Sloth's specifications: ``prometheus/v1``, PrometheusServiceLevel objects, and OpenSLO v1alpha.

Plugins are programs of Sloth's own, so what asks for one is refused. Source: slok/sloth, its API
documents for prometheus/v1 and sloth.slok.dev/v1.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slo.errors import InvalidSpec, UnsupportedSpec
from slo.openslo.documents import Document, read_documents
from slo.openslo.fields import Fields
from slo.openslo.v1alpha import V1ALPHA
from slo.openslo.validation import validate_documents

__all__ = ["SeverityAlert", "SlothFile", "SlothSlo", "is_sloth", "read_sloth"]

PROMETHEUS, KUBERNETES = "prometheus/v1", "sloth.slok.dev/v1"
MODES = {PROMETHEUS: "cli-gen-prom", KUBERNETES: "cli-gen-k8s", V1ALPHA: "cli-gen-openslo"}
_ID = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", re.ASCII)
OPENSLO_DAYS = 30
WHOLE = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityAlert:
    """The page or the ticket of an SLO; None of it where it is switched off."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlothSlo:
    """One SLO as Sloth has it.

    Attributes:
        name: Unique in its service.
        service: Whose it is.
        objective: Per cent of events that are good.
        labels: Of its rules.
        error: Query of the failures, with ``{{.window}}`` in it; empty where ``ratio`` is given.
        total: Query of all events.
        ratio: Query of the error ratio itself, brackets around it as they are to be written.
        alert: Name of its alerts; empty where there are none.
        page: None where it is switched off.
        ticket: None where it is switched off.
        form: Of the file: which specification it is written in.
    """

    name: str
    service: str
    objective: float
    labels: Mapping[str, str]
    error: str = ""
    total: str = ""
    ratio: str = ""
    alert: str = ""
    page: SeverityAlert | None = None
    ticket: SeverityAlert | None = None
    form: str = PROMETHEUS

    @property
    def id(self) -> str:
        """Return its name among all services."""
        return f"{self.service}-{self.name}"

    @property
    def mode(self) -> str:
        """Return the word that Sloth writes for how it was made."""
        return MODES[self.form]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlothFile:
    """One document: SLOs, and the object's metadata where it is Kubernetes'."""

    slos: tuple[SlothSlo, ...]
    metadata: Mapping[str, Any] | None = None


def is_sloth(text: str) -> bool:
    """Whether a text is meant for Sloth."""
    return any(
        document.value.get("version") == PROMETHEUS
        or document.value.get("apiVersion") in (KUBERNETES, V1ALPHA)
        for document in read_documents(text)
    )


def read_sloth(text: str, *, origin: str = "") -> tuple[SlothFile, ...]:
    """Read every document of a text.

    Raises:
        InvalidSpec: It breaks the specification; the message names line and field.
        UnsupportedSpec: It asks for a plugin.
    """
    documents = read_documents(text, origin=origin)
    files = tuple(_file(document) for document in documents)
    seen: set[str] = set()
    for slo in (slo for file in files for slo in file.slos):
        if slo.id in seen:
            msg = f"{origin or 'the text'}: two SLOs are called {slo.id}; names must differ."
            raise InvalidSpec(msg)
        seen.add(slo.id)
    return files


def _file(document: Document) -> SlothFile:
    value, where = document.value, f"{document.origin or 'line'}:{document.line(())}"
    where = where.replace("line:", "line ")
    if value.get("version") == PROMETHEUS:
        return SlothFile(slos=tuple(_slos(Fields(value, where), PROMETHEUS)))
    form = value.get("apiVersion")
    if form == KUBERNETES:
        whole = Fields(value, where)
        slos = tuple(_slos(whole.fields("spec"), KUBERNETES))
        return SlothFile(slos=slos, metadata=value.get("metadata") or {})
    if form == V1ALPHA:
        complaints = [c for c in validate_documents([document]) if not c.place.endswith(".value")]
        if complaints:
            raise InvalidSpec(str(complaints[0]))
        return SlothFile(slos=tuple(_openslo(value, where)))
    msg = f"{where}, version must be {PROMETHEUS}, or apiVersion {KUBERNETES} or {V1ALPHA}."
    raise InvalidSpec(msg)


def _slos(owner: Fields, form: str) -> Iterator[SlothSlo]:
    _refuse_plugins(owner, "slo_plugins" if form == PROMETHEUS else "sloPlugins")
    service = _id(owner, "service")
    for place, each in enumerate(owner.items("slos")):
        slo = Fields(each, f"{owner.place}, slos[{place}]")
        _refuse_plugins(slo, "plugins")
        objective = slo.number("objective")
        if not 0.0 < objective <= WHOLE:
            msg = f"{slo.place}.objective must be above 0, at most 100 per cent, not {objective:g}."
            raise InvalidSpec(msg)
        yield SlothSlo(
            name=_id(slo, "name"),
            service=service,
            objective=objective,
            labels=owner.mapping("labels") | slo.mapping("labels"),
            form=form,
            **_queries(slo.fields("sli"), form),
            **_alerts(slo.fields("alerting"), form),
        )
    if not owner.items("slos"):
        msg = f"{owner.place}, slos must be a list of at least one SLO."
        raise InvalidSpec(msg)


def _queries(sli: Fields, form: str) -> dict[str, Any]:
    _refuse_plugins(sli, "plugin")
    snake = form == PROMETHEUS
    if ("events" in sli) == ("raw" in sli):
        msg = f"{sli.place} needs exactly one of events and raw."
        raise InvalidSpec(msg)
    if "raw" in sli:
        name = "error_ratio_query" if snake else "errorRatioQuery"
        return {"ratio": f"({_template(sli.fields('raw'), name)})"}
    events = sli.fields("events")
    error, total = ("error_query", "total_query") if snake else ("errorQuery", "totalQuery")
    return {"error": _template(events, error), "total": _template(events, total)}


def _template(owner: Fields, name: str) -> str:
    query = owner.text(name, at_most=65_536)
    if re.search(r"\{\{\s*\.window\s*\}\}", query) is None:
        msg = f"{owner.place}.{name} must hold {{{{.window}}}} where the window belongs."
        raise InvalidSpec(msg)
    return query


def _alerts(alerting: Fields, form: str) -> dict[str, Any]:
    names = ("page_alert", "ticket_alert") if form == PROMETHEUS else ("pageAlert", "ticketAlert")
    shared = alerting.mapping("labels"), alerting.mapping("annotations")
    page, ticket = (_severity(alerting, name, *shared) for name in names)
    name = alerting.optional_text("name")
    if (page or ticket) and not name:
        msg = f"{alerting.place}.name is missing: alerts need a name, or switch both off."
        raise InvalidSpec(msg)
    return {"alert": name, "page": page, "ticket": ticket}


def _severity(
    alerting: Fields, name: str, labels: Mapping[str, str], annotations: Mapping[str, str]
) -> SeverityAlert | None:
    if name not in alerting:
        return SeverityAlert(labels=labels, annotations=annotations)
    own = alerting.fields(name)
    if "disable" in own and own.flag("disable"):
        return None
    return SeverityAlert(
        labels={**labels, **own.mapping("labels")},
        annotations={**annotations, **own.mapping("annotations")},
    )


def _openslo(value: Mapping[str, Any], where: str) -> Iterator[SlothSlo]:
    """Sloth makes one SLO of each objective, without alerts."""
    if value.get("kind") != "SLO":
        return
    spec, name = value["spec"], value["metadata"]["name"]
    window = spec["timeWindows"][0]
    if (window["count"], window["unit"]) != (OPENSLO_DAYS, "Day"):
        msg = (
            f"{where}, spec.timeWindows[0] must be {OPENSLO_DAYS} days, as the rules' windows are."
        )
        raise InvalidSpec(msg)
    for place, objective in enumerate(spec["objectives"]):
        if "ratioMetrics" not in objective:
            msg = f"{where}, spec.objectives[{place}] has no ratioMetrics; Sloth reads only those."
            raise UnsupportedSpec(msg)
        ratio = objective["ratioMetrics"]
        good, total = (ratio[part]["query"] for part in ("good", "total"))
        inner = f"(\n      {good}\n    )\n    /\n    (\n      {total}\n    )"
        yield SlothSlo(
            name=f"{name}-{place}",
            service=spec["service"],
            objective=objective["target"] * WHOLE,
            labels={},
            ratio=f"(\n  1 - (\n    {inner}\n  )\n)",
            form=V1ALPHA,
        )


def _refuse_plugins(owner: Fields, name: str) -> None:
    if name in owner:
        msg = f"{owner.place}.{name}: plugins are programs of Sloth's; write the queries out."
        raise UnsupportedSpec(msg)


def _id(owner: Fields, name: str) -> str:
    text = owner.text(name)
    if _ID.fullmatch(text) is None:
        msg = f"{owner.place}.{name} {text!r:.60} must be letters, digits, dashes, dots and underscores."
        raise InvalidSpec(msg)
    return text
