"""/v1/alerts and /v1/deliveries: what fires, and who was told."""

from fastapi import APIRouter

from controlplane.api.access import Listing, PlaneHere, listing
from controlplane.schemas import AlertOut, DeliveryOut

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["alerts"])


@router.get("/alerts")
async def list_alerts(plane: PlaneHere) -> Listing[AlertOut]:
    """Every alert that ever fired, newest change first."""
    return listing(
        AlertOut(
            key=record.key,
            slo=record.slo,
            severity=record.severity,
            state=record.alert.state.value,
            episode=record.alert.episode,
            starts_at=record.alert.starts_at,
            ends_at=record.alert.ends_at,
            labels=record.labels,
            annotations=record.annotations,
        )
        for record in plane.alerts.list()
    )


@router.get("/deliveries")
async def list_deliveries(plane: PlaneHere) -> Listing[DeliveryOut]:
    """Messages to receivers, newest first."""
    return listing(
        DeliveryOut(
            message_id=message.message_id,
            receiver=message.receiver,
            alert_key=message.alert_key,
            episode=message.episode,
            intent=message.intent,
            state=message.state,
            attempts=message.attempts,
            detail=message.detail,
            created_at=message.created_at,
            delivered_at=message.delivered_at,
        )
        for message in plane.outbox.list()
    )
