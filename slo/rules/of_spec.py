"""Between our SLOs and Sloth's: the same counters, written as rates or as they are."""

import re
from datetime import timedelta

from slo.composite import CompositeSli
from slo.errors import InvalidSelector, UnsupportedSpec
from slo.objective import Objective
from slo.rules.sloth_spec import SeverityAlert, SlothSlo
from slo.selector import Selector, parse_selectors
from slo.sli import LatencySli, RatioSli, Sli, ThresholdSli
from slo.spec import SloSpec

__all__ = ["counters_of", "parts_of", "sloth_of_spec", "spec_of_sloth"]

WINDOW = "{{.window}}"
_RATE = re.compile(
    r"\s*sum\s*\(\s*(?:rate|increase)\s*\((.*)\[\s*\{\{\s*\.window\s*\}\}\s*\]\s*\)\s*\)\s*",
    re.DOTALL,
)


def sloth_of_spec(spec: SloSpec) -> SlothSlo:
    """Return an SLO of ours as Sloth has it.

    Raises:
        UnsupportedSpec: It counts readings of gauges, which rates cannot.
    """
    error, ratio, total = "", "", ""
    sli = counters_of(spec)
    if sli.bad:
        error, total = _rates(sli.bad), _rates(sli.total)
    else:
        ratio = f"(1 - ({_rates(sli.good)}) / ({_rates(sli.total)}))"
    alert = SeverityAlert(labels={"slo": spec.name, "service": spec.service}, annotations={})
    return SlothSlo(
        name=spec.name,
        service=spec.service,
        objective=round(spec.objective.target * 100.0, 10),
        labels={},
        error=error,
        ratio=ratio,
        total=total,
        alert="SLOBurn",
        page=alert,
        ticket=alert,
    )


def counters_of(spec: SloSpec) -> RatioSli:
    """Return the counters of an SLO; the edge of a latency is written as the file writes it.

    Raises:
        UnsupportedSpec: It has none, or is made of several.
    """
    if isinstance(spec.sli, CompositeSli):
        msg = f"SLO {spec.name} is made of several; only the exact form writes its rules."
        raise UnsupportedSpec(msg)
    _refuse_slices(spec)
    if isinstance(spec.sli, LatencySli):
        return spec.sli.resolve([f"{spec.sli.limit:g}"])
    return _counters_of_part(spec.name, spec.sli)


def parts_of(spec: SloSpec) -> tuple[RatioSli, ...]:
    """Return the counters of each part of an SLO, which may be but one.

    Some write the edge of a bucket as ``2`` and some as ``2.0``: both are counted.

    Raises:
        UnsupportedSpec: It counts slices, or a part has no counters.
    """
    _refuse_slices(spec)
    return tuple(_counters_of_part(spec.name, part.sli) for part in spec.parts)


def _counters_of_part(name: str, sli: Sli) -> RatioSli:
    if isinstance(sli, LatencySli):
        return sli.resolve([f"{sli.limit:g}", str(float(sli.limit))])
    if isinstance(sli, ThresholdSli) or sli.periodic:
        msg = f"SLO {name} counts {sli}, which are no counters; no rate can be taken."
        raise UnsupportedSpec(msg)
    return sli


def _refuse_slices(spec: SloSpec) -> None:
    if spec.budgeting.sliced:
        msg = f"SLO {spec.name} counts slices of time ({spec.budgeting.method}), which no rule here does."
        raise UnsupportedSpec(msg)


def spec_of_sloth(slo: SlothSlo, window: timedelta) -> SloSpec:
    """Return an SLO of Sloth's as one that is counted here.

    Raises:
        UnsupportedSpec: Its queries are not sums of rates of counters.
    """
    if slo.ratio:
        msg = f"SLO {slo.id} gives its error ratio ready-made, which cannot be counted."
        raise UnsupportedSpec(msg)
    bad, total = (_counters(slo.id, query) for query in (slo.error, slo.total))
    return SloSpec(
        name=slo.id,
        service=slo.service,
        description="",
        objective=Objective(target=slo.objective / 100.0, window=window),
        sli=RatioSli(bad=bad, total=total),
        labels=slo.labels,
    )


def _counters(name: str, query: str) -> tuple[Selector, ...]:
    found = _RATE.fullmatch(query)
    try:
        if found is not None:
            return parse_selectors(" ".join(found[1].split()))
    except InvalidSelector:
        pass
    msg = (
        f"SLO {name}: {' '.join(query.split())!r:.120} is no sum(rate(counter[{WINDOW}])); "
        "write it so, or name the counters in an OpenSLO file."
    )
    raise UnsupportedSpec(msg)


def _rates(selectors: tuple[Selector, ...]) -> str:
    return " + ".join(f"sum(rate({selector}[{WINDOW}]))" for selector in selectors)
