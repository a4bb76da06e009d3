"""/v1/gate: may this service be deployed now?"""

from typing import Annotated

from fastapi import APIRouter, Query

from controlplane.api.access import PlaneHere
from controlplane.decide.gate import Gate, GateDecision
from controlplane.gate_desk import ask_gate, override_gate
from controlplane.schemas import GateOut, OverrideIn

__all__ = ["router"]

router = APIRouter(prefix="/v1/gate", tags=["gate"])
Service = Annotated[str, Query(min_length=1, max_length=63)]
Version = Annotated[str, Query(max_length=255)]


@router.get("")
async def show_gate(plane: PlaneHere, service: Service, version: Version = "") -> GateOut:
    """The gate of a service, by its error budgets, its pages and its rollouts."""
    return _out(service, version, ask_gate(plane, service), overridden=False)


@router.post(":override")
async def override(
    plane: PlaneHere, why: OverrideIn, service: Service, version: Version = ""
) -> GateOut:
    """Deploy whatever the gate says; who asks must say why, and it is written down."""
    found = override_gate(plane, service, version=version, reason=why.reason)
    return _out(service, version, found, overridden=True)


def _out(service: str, version: str, found: GateDecision, *, overridden: bool) -> GateOut:
    return GateOut(
        service=service,
        version=version,
        gate=found.gate.value,
        allowed=overridden or found.gate is Gate.OPEN,
        overridden=overridden,
        reasons=found.reasons,
    )
