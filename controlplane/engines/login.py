"""What an engine is sent with each question: a login, and whose data is meant."""

from controlplane.settings import resolve_secret

__all__ = ["engine_headers"]


def engine_headers(bearer: str | None, tenant: str | None) -> dict[str, str]:
    """Return the headers.

    Args:
        bearer: A token as env:NAME or file:/path; None sends none.
        tenant: X-Scope-OrgID, as Mimir wants it; None sends none.

    Raises:
        InvalidConfig: The secret cannot be had.
    """
    headers = {}
    if bearer is not None:
        headers["Authorization"] = f"Bearer {resolve_secret(bearer).reveal()}"
    if tenant is not None:
        headers["X-Scope-OrgID"] = tenant
    return headers
