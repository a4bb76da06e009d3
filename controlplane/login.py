"""How a request logs in, as trimtab.yaml says it."""

import base64

from controlplane.settings import resolve_secret
from controlplane.target_spec import AuthSpec

__all__ = ["login_headers"]


def login_headers(auth: AuthSpec | None) -> dict[str, str]:
    """Return the headers of a login; none where none is asked for.

    Raises:
        InvalidConfig: A secret cannot be had.
    """
    if auth is None:
        return {}
    if auth.bearer is not None:
        return {"Authorization": f"Bearer {resolve_secret(auth.bearer).reveal()}"}
    password = resolve_secret(auth.password or "").reveal()
    login = base64.b64encode(f"{auth.username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {login}"}
