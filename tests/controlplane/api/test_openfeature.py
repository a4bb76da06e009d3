"""OpenFeature's own provider asks a running plane, as an application does."""

import asyncio
from pathlib import Path

import pytest

from tests.controlplane.running_plane import running_plane
from tests.controlplane.small_world import FLAG_ROUTE

openfeature = pytest.importorskip("openfeature.api")
ofrep = pytest.importorskip("openfeature.contrib.provider.ofrep")
contexts = pytest.importorskip("openfeature.evaluation_context")
evaluation = pytest.importorskip("openfeature.flag_evaluation")
exceptions = pytest.importorskip("openfeature.exception")


def test_openfeature_s_own_provider_is_given_the_version(tmp_path: Path) -> None:
    with running_plane(tmp_path, change=FLAG_ROUTE) as running:
        openfeature.set_provider_and_wait(ofrep.OFREPProvider(running.url), domain="trimtab")
        client = openfeature.get_client(domain="trimtab")
        ada = contexts.EvaluationContext(targeting_key="ada", attributes={"plan": "free"})
        found = client.get_string_details("resnet", "fallback", ada)
        assert (found.value, found.variant, found.reason) == ("1", "1", evaluation.Reason.STATIC)
        router = running.world.plane.routers["resnet"]
        setting = router.set_weights({"1": 50.0, "2": 50.0})
        asyncio.run_coroutine_threadsafe(setting, running.loop).result(5)
        users = [contexts.EvaluationContext(targeting_key=f"user-{number}") for number in range(32)]
        given = [client.get_string_details("resnet", "fallback", user) for user in users]
        assert {one.value for one in given} == {"1", "2"}
        assert {one.reason for one in given} == {evaluation.Reason.SPLIT}
        assert {one.flag_metadata["weight"] for one in given} == {50.0}
        missing = client.get_string_details("resnet", "fallback")
        assert (missing.value, missing.error_code) == (
            "fallback",
            exceptions.ErrorCode.TARGETING_KEY_MISSING,
        )
        unknown = client.get_string_details("nobody", "fallback", ada)
        assert (unknown.value, unknown.error_code) == (
            "fallback",
            exceptions.ErrorCode.FLAG_NOT_FOUND,
        )
        openfeature.shutdown()
