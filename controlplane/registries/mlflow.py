"""MLflow's model registry by REST: who stands at an alias, and tags of a model version.

Source: MLflow REST API, ``2.0/mlflow/registered-models/alias`` and ``2.0/mlflow/model-versions/set-tag``.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from controlplane.decide.delivery import Answer, Result
from controlplane.errors import EngineError
from controlplane.login import login_headers
from controlplane.registry_spec import MlflowSpec
from controlplane.settings import resolve_secret

__all__ = ["MlflowRegistry"]

DEADLINE_SECONDS = 10.0
MAX_ANSWER_BYTES = 64 * 1024
API = "/api/2.0/mlflow"
FINAL = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"})
"""Errors that the same question will be told again."""


class MlflowRegistry:
    """Asks one MLflow server. Nothing is retried here.

    Args:
        spec: Where it is, and how to log in.
        transport: Another way to reach it, for tests.

    Raises:
        InvalidConfig: A secret cannot be had.
    """

    def __init__(
        self, spec: MlflowSpec, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.spec = spec
        self.secret = resolve_secret(spec.secret)
        self._http = httpx.AsyncClient(
            base_url=spec.url,
            # Answers are counted as they come, so they must come unpacked.
            headers=login_headers(spec.auth) | {"accept-encoding": "identity"},
            timeout=DEADLINE_SECONDS,
            transport=transport,
            follow_redirects=False,
            trust_env=False,
        )

    async def version_at(self, model: str, alias: str) -> str | None:
        """Return the version that an alias stands at; None where there is no such alias.

        Raises:
            EngineError: The registry did not answer as it should.
        """
        query = {"name": model, "alias": alias}
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                status, answer = await self._call("GET", "/registered-models/alias", params=query)
        except (httpx.HTTPError, OSError, ValueError) as error:
            msg = f"The registry {self.spec.url} cannot be asked: {type(error).__name__}."
            raise EngineError(msg, hint="is registry.mlflow.url right?") from error
        if answer.get("error_code") in FINAL:
            return None
        found = answer.get("model_version")
        version = found.get("version") if isinstance(found, dict) else None
        if status != httpx.codes.OK or not isinstance(version, str):
            msg = f"The registry {self.spec.url} answered {status} about {model}@{alias}."
            raise EngineError(msg, hint="is it an MLflow server, and may we log in?")
        return version

    async def set_tags(self, model: str, version: str, tags: Mapping[str, str]) -> Answer:
        """Set tags of a model version, in their order; stop at the first that is not taken."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                for key, value in tags.items():
                    said = {"name": model, "version": version, "key": key, "value": value}
                    status, answer = await self._call("POST", "/model-versions/set-tag", json=said)
                    if status != httpx.codes.OK:
                        return _refusal(status, answer)
        except (httpx.HTTPError, OSError, ValueError) as error:
            return Answer(result=Result.RETRY, detail=type(error).__name__)
        return Answer(result=Result.DELIVERED, detail="tags are set")

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _call(self, verb: str, path: str, **options: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401 -- as httpx has it
        async with self._http.stream(verb, API + path, **options) as response:
            body = bytearray()
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > MAX_ANSWER_BYTES:
                    msg = "the answer does not end"
                    raise ValueError(msg)
            try:
                found = orjson.loads(bytes(body))
            except orjson.JSONDecodeError:
                found = None
            return response.status_code, found if isinstance(found, dict) else {}


def _refusal(status: int, answer: Mapping[str, Any]) -> Answer:
    code = answer.get("error_code")
    told = f"HTTP {status} {code if isinstance(code, str) else ''}".strip()[:200]
    return Answer(result=Result.REJECTED if code in FINAL else Result.RETRY, detail=told)
