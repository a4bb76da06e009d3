"""What MLflow's registry delivers by webhook: verified, then read.

Source: mlflow/webhooks/delivery.py. The signature is ``v1,`` and the base64 of HMAC-SHA256 over
``delivery id.timestamp.body``; id and timestamp stay the same when a delivery is tried again.
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import orjson
from pydantic import BaseModel, Field, ValidationError

from controlplane.errors import InvalidConfig, NotTrusted
from controlplane.settings import Secret

__all__ = ["FRESH_SECONDS", "AliasMoved", "Delivery", "read_delivery"]

FRESH_SECONDS = 300.0
SIGNATURE, DELIVERY, TIMESTAMP = "x-mlflow-signature", "x-mlflow-delivery-id", "x-mlflow-timestamp"
MOVED = ("model_version_alias", "created")
_ID = re.compile(r"[A-Za-z0-9-]{1,128}")
_SECONDS = re.compile(r"[0-9]{1,12}")


class AliasMoved(BaseModel):
    """An alias that now stands at a version."""

    name: str = Field(min_length=1, max_length=255)
    alias: str = Field(min_length=1, max_length=255)
    version: str = Field(pattern=r"^[0-9]{1,18}$")


class _Payload(BaseModel):
    entity: str = Field(max_length=63)
    action: str = Field(max_length=63)
    data: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event that is MLflow's own.

    Attributes:
        id: The same on every try.
        kind: Entity and action, for example ``model_version_alias.created``.
        moved: The alias that was moved; None where the event is another.
    """

    id: str
    kind: str
    moved: AliasMoved | None


def read_delivery(
    headers: Mapping[str, str], body: bytes, *, secret: Secret, now: float
) -> Delivery:
    """Return what was delivered, once it is certain who sent it, and when.

    Args:
        headers: Of the request, by lower-case name.
        body: As it came.
        secret: Of the webhook.
        now: Unix seconds.

    Raises:
        NotTrusted: It is unsigned, signed with another secret, or too old to be believed.
        InvalidConfig: It is signed, and no event that can be read.
    """
    delivery_id = _verified(headers, body, secret, now)
    try:
        payload = _Payload.model_validate(orjson.loads(body))
        kind = f"{payload.entity}.{payload.action}"
        is_move = (payload.entity, payload.action) == MOVED
        moved = AliasMoved.model_validate(payload.data) if is_move else None
    except (ValueError, ValidationError) as error:
        msg = "The delivery is signed, and is no event of a model registry."
        raise InvalidConfig(msg, hint="send what MLflow 3 sends") from error
    return Delivery(id=delivery_id, kind=kind, moved=moved)


def _verified(headers: Mapping[str, str], body: bytes, secret: Secret, now: float) -> str:
    """Return the id of a delivery.

    Raises:
        NotTrusted: As above.
    """
    delivery_id, moment = headers.get(DELIVERY, ""), headers.get(TIMESTAMP, "")
    if not _ID.fullmatch(delivery_id) or not _SECONDS.fullmatch(moment):
        msg = "The delivery lacks X-MLflow-Delivery-Id or X-MLflow-Timestamp."
        raise NotTrusted(msg, hint="deliveries come from MLflow 3.3 or newer")
    signed = f"{delivery_id}.{moment}.".encode() + body
    digest = hmac.new(secret.reveal().encode(), signed, sha256).digest()
    wanted = b"v1," + b64encode(digest)
    if not hmac.compare_digest(wanted, headers.get(SIGNATURE, "").encode()):
        msg = "The delivery is not signed with the secret of registry.mlflow."
        raise NotTrusted(msg, hint="give the webhook in MLflow the same secret")
    if abs(now - float(moment)) > FRESH_SECONDS:
        msg = (
            f"The delivery is {now - float(moment):.0f} s old; {FRESH_SECONDS:.0f} s are believed."
        )
        raise NotTrusted(msg, hint="do the clocks of both machines agree?")
    return delivery_id
