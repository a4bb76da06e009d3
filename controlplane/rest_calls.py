"""How the REST client asks: one call, its answer as a shape, and errors as they are raised."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import ValidationError

from controlplane.errors import InvalidConfig, NotFound, Refused, TrimtabError, Unreachable
from controlplane.schemas import Problem, Shape

__all__ = ["LONG_SECONDS", "RestCalls"]

TIMEOUT_SECONDS = 10.0
LONG_SECONDS = 120.0
"""For calls after which much is read or written."""
KINDS: Mapping[int, type[TrimtabError]] = {
    httpx.codes.NOT_FOUND: NotFound,
    httpx.codes.UNPROCESSABLE_ENTITY: InvalidConfig,
}
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout)
STANDING_BY = ("Standby", "Deposed")
Item = TypeVar("Item", bound=Shape)


class RestCalls:
    """Calls of one control plane.

    Args:
        url: For example ``http://127.0.0.1:9470``; several, separated by commas, where control planes
            share a database: the one that leads is found.
        token: Bearer token; None sends none.
        transport: Another way to reach it, for example an ASGI transport in tests.
    """

    def __init__(
        self, url: str, token: str | None = None, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.url = url
        self._places = [each.strip().rstrip("/") for each in url.split(",")]
        self._http = httpx.Client(
            headers=headers,
            timeout=TIMEOUT_SECONDS,
            transport=transport,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _list(
        self, path: str, kind: type[Item], query: Mapping[str, str] | None = None
    ) -> list[Item]:
        answer = self._call("GET", path, params=query)
        try:
            return [kind.model_validate(item) for item in answer["items"]]
        except (KeyError, TypeError, ValidationError) as error:
            msg = f"{self.url}{path} answered something else: is this a control plane?"
            raise Unreachable(msg, hint="check TRIMTAB_URL") from error

    def _call(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 -- JSON
        response = self._answer(method, path, options)
        if not response.is_success:
            raise _problem(response)
        if response.status_code == httpx.codes.NO_CONTENT:
            return None
        try:
            return response.json()
        except ValueError as error:
            raise _stranger(response) from error

    def _answer(self, method: str, path: str, options: Mapping[str, Any]) -> httpx.Response:
        """Ask one place after the other until one answers that leads; it is asked first next time.

        What was sent to a place that then fell silent is not sent to another: it may have been done.

        Raises:
            Unreachable: None answers.
        """
        silent: httpx.HTTPError | httpx.InvalidURL | None = None
        answer: httpx.Response | None = None
        for place in tuple(self._places):
            try:
                answer = self._http.request(method, f"{place}{path}", **options)
            except NOT_SENT as error:
                silent = error
                continue
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise self._unreachable(error) from error
            if not _leads_elsewhere(answer):
                self._places.remove(place)
                self._places.insert(0, place)
                return answer
        if answer is None:
            raise self._unreachable(silent) from silent
        return answer

    def _unreachable(self, error: Exception | None) -> Unreachable:
        msg = f"No control plane answers at {self.url} ({type(error).__name__})."
        return Unreachable(msg, hint="start one with 'trimtab up', or set TRIMTAB_URL")


def _leads_elsewhere(answer: httpx.Response) -> bool:
    """Whether a control plane did nothing with a request because it does not lead."""
    if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
        return False
    try:
        return Problem.model_validate_json(answer.content).code in STANDING_BY
    except ValidationError:
        return False


def _stranger(response: httpx.Response) -> Unreachable:
    msg = f"{response.request.url} answered {response.status_code}: is this a control plane?"
    return Unreachable(msg, hint="check TRIMTAB_URL")


def _problem(response: httpx.Response) -> TrimtabError:
    """Turn an error answer into the exception it stands for."""
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        return _stranger(response)
    shut_out = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
    if response.status_code in shut_out or problem.code in STANDING_BY:
        return Unreachable(problem.detail, hint=problem.hint)
    kind = KINDS.get(response.status_code, Refused)
    return kind(problem.detail, hint=problem.hint)
