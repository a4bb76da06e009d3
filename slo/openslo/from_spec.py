"""An SLO of ours as an OpenSLO document, so that what was imported can be kept as a file."""

from typing import Any

from slo.composite import CompositeSli
from slo.errors import UnsupportedSpec
from slo.openslo.annotations import BLAME
from slo.selector import Selector
from slo.sli import RatioSli, ThresholdSli
from slo.spec import SloSpec
from slo.threshold import Combine

__all__ = ["document_of"]

LONGEST_NAME = 63


def document_of(spec: SloSpec) -> dict[str, Any]:
    """Return the document of an SLO that rolls and counts events; read again, it is the same.

    Raises:
        UnsupportedSpec: It counts slices, over a calendar's window, or is made of several: such come
            from OpenSLO.
    """
    sli = spec.sli
    from_openslo = spec.budgeting.sliced or spec.objective.calendar is not None
    if from_openslo or isinstance(sli, CompositeSli):
        msg = f"SLO {spec.name} is from OpenSLO; keep its own document."
        raise UnsupportedSpec(msg)
    objective: dict[str, Any] = {"target": round(spec.objective.target, 12)}
    if isinstance(sli, RatioSli):
        indicator: dict[str, Any] = {"ratioMetric": _ratio(sli)}
    elif isinstance(sli, ThresholdSli):
        indicator = {"thresholdMetric": _source(sli.series, sli.combine)}
        objective |= {"op": sli.threshold.operator, "value": sli.threshold.limit}
    else:
        indicator = {"thresholdMetric": _source((sli.histogram,), sli.combine)}
        objective |= {"op": "lte", "value": sli.limit}
    name = spec.name.lower()[:LONGEST_NAME].strip("-")
    metadata: dict[str, Any] = {"name": name}
    if spec.blame_by:
        metadata["annotations"] = {BLAME: ",".join(spec.blame_by)}
    return {
        "apiVersion": "openslo/v1",
        "kind": "SLO",
        "metadata": metadata,
        "spec": {
            **({"description": spec.description} if spec.description else {}),
            "service": spec.service.lower()[:LONGEST_NAME],
            "indicator": {"metadata": {"name": name}, "spec": indicator},
            "budgetingMethod": "Occurrences",
            "timeWindow": [{"duration": _window(spec), "isRolling": True}],
            "objectives": [objective],
        },
    }


def _ratio(sli: RatioSli) -> dict[str, Any]:
    part, selectors = ("good", sli.good) if sli.good else ("bad", sli.bad)
    return {
        "counter": not sli.periodic,
        part: _source(selectors),
        "total": _source(sli.total),
    }


def _source(selectors: tuple[Selector, ...], combine: Combine = Combine.EACH) -> dict[str, Any]:
    query = " + ".join(map(str, selectors))
    if combine is not Combine.EACH and len(selectors) == 1:
        query = f"{combine}({query})"  # several are one sum already
    return {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}


def _window(spec: SloSpec) -> str:
    minutes = round(spec.objective.window.total_seconds() / 60.0)
    days, rest = divmod(minutes, 24 * 60)
    return f"{minutes}m" if rest else f"{days}d"
