"""Does a version know an answer that we know? Green health checks say little about that.

A golden file holds one question in the Open Inference Protocol and what to expect of the answer:
``{"request": {...}, "expect": {"output": "probabilities", "argmax": 42}}``, or ``"data": [...]`` with
an absolute ``"tolerance"``. The request carries ``x-synthetic: true``, so that a server that knows
the header counts it apart: probes neither spend nor earn anyone's budget.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import aiohttp
import numpy as np
import orjson

from probes.answers import ProbeResult
from probes.errors import InvalidGolden

__all__ = ["Golden", "ask_golden", "judge_answer", "read_golden"]

MAX_ANSWER_BYTES = 4 << 20
OK_STATUS = 200
TOO_MANY_STATUS = 429
HEADERS = {"x-synthetic": "true", "content-type": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """A question and its known answer; exactly one of ``argmax`` and ``data`` is given."""

    request: bytes
    output: str
    argmax: int | None = None
    data: tuple[float, ...] | None = None
    tolerance: float = 1e-3


def read_golden(text: bytes) -> Golden:
    """Read a golden file.

    Raises:
        InvalidGolden: The message says what is missing.
    """
    try:
        document = orjson.loads(text)
        expect = document["expect"]
        golden = Golden(
            request=orjson.dumps(document["request"]),
            output=str(expect["output"]),
            argmax=int(expect["argmax"]) if "argmax" in expect else None,
            data=tuple(map(float, expect["data"])) if "data" in expect else None,
            tolerance=float(expect.get("tolerance", 1e-3)),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        msg = f"No golden question: {error!r:.100}. Write request and expect {{output, argmax}}."
        raise InvalidGolden(msg) from error
    if (golden.argmax is None) == (golden.data is None):
        msg = "A golden question expects exactly one of argmax and data."
        raise InvalidGolden(msg)
    return golden


async def ask_golden(
    session: aiohttp.ClientSession, url: str, golden: Golden, *, deadline: float
) -> ProbeResult:
    """Ask once and compare.

    Args:
        session: From `http_session.make_session`.
        url: Inference address of one version.
        golden: What to ask, and what to hear.
        deadline: Seconds for all of it; a timeout says nothing about the answer.
    """
    begun, reached = time.monotonic(), True
    ok: bool | None
    try:
        async with asyncio.timeout(deadline):
            ok, reason = await _ask(session, url, golden)
    except TimeoutError:
        ok, reason = None, f"no answer within {deadline:g} s"
    except (aiohttp.ClientError, OSError) as error:
        reached, ok, reason = False, False, f"no connection: {type(error).__name__}"
    return ProbeResult(ok=ok, seconds=time.monotonic() - begun, reason=reason, reached=reached)


async def _ask(session: aiohttp.ClientSession, url: str, golden: Golden) -> tuple[bool | None, str]:
    async with session.post(
        url, data=golden.request, headers=HEADERS, allow_redirects=False
    ) as response:
        body = await response.content.read(MAX_ANSWER_BYTES)
        while len(body) < MAX_ANSWER_BYTES and (more := await response.content.readany()):
            body += more
    if response.status == TOO_MANY_STATUS:
        return None, f"HTTP {TOO_MANY_STATUS}: too busy to be asked"
    if response.status != OK_STATUS:
        return False, f"HTTP {response.status}"
    return judge_answer(body, golden)


def judge_answer(body: bytes, golden: Golden) -> tuple[bool, str]:
    """Compare an answer with the known one."""
    try:
        outputs: dict[str, Any] = {found["name"]: found for found in orjson.loads(body)["outputs"]}
        values = np.array(outputs[golden.output]["data"], dtype=np.float64).ravel()
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        return False, f"no output {golden.output!r} in the answer ({type(error).__name__})"
    if not values.size or not np.isfinite(values).all():
        return False, f"{golden.output!r} has {values.size} values, and not all are finite numbers"
    if golden.data is None:
        found = int(values.argmax())
        return found == golden.argmax, f"argmax {found}, known {golden.argmax}"
    known = np.array(golden.data)
    if values.shape != known.shape:
        return False, f"{values.size} values, {known.size} known"
    apart = float(np.abs(values - known).max())
    return apart <= golden.tolerance, f"at most {apart:.3g} apart, {golden.tolerance:g} allowed"
