"""Shapes of alerts and of the messages about them."""

from controlplane.schemas.shape import Shape

__all__ = ["AlertOut", "DeliveryOut"]


class AlertOut(Shape):
    """One SLO at one severity: ``state`` is ``firing`` or ``resolved``."""

    key: str
    slo: str
    severity: str
    state: str
    episode: int
    starts_at: float
    ends_at: float | None
    labels: dict[str, str]
    annotations: dict[str, str]


class DeliveryOut(Shape):
    """One message to one receiver: ``state`` is ``pending``, ``delivered`` or ``dead``."""

    message_id: str
    receiver: str
    alert_key: str
    episode: int
    intent: str
    state: str
    attempts: int
    detail: str
    created_at: float
    delivered_at: float | None
