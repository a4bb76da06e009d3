"""The REST client that the CLI, the dashboard, runbooks and users import."""

from collections.abc import Mapping
from typing import Any

import httpx

from controlplane import schemas
from controlplane.rest_calls import LONG_SECONDS, RestCalls

__all__ = ["TrimtabClient"]


class TrimtabClient(RestCalls):
    """Talks to one control plane.

    Every method raises `Unreachable` when nobody answers, `NotFound` for an unknown name, and
    `Refused` when the answer is no; messages carry the server's hint.
    """

    def ready(self) -> bool:
        """Whether the control plane answers and says that it is ready."""
        return any(map(self._ready, self._places))

    def _ready(self, place: str) -> bool:
        try:
            return self._http.get(f"{place}/readyz").status_code == httpx.codes.OK
        except (httpx.HTTPError, httpx.InvalidURL):
            return False

    def targets(self) -> list[schemas.TargetOut]:
        """Every watched page."""
        return self._list("/v1/targets", schemas.TargetOut)

    def target(self, name: str) -> schemas.TargetOut:
        """One watched page."""
        return schemas.TargetOut.model_validate(self._call("GET", f"/v1/targets/{name}"))

    def add_target(
        self, document: Mapping[str, Any], *, dry_run: bool = False
    ) -> schemas.TargetOut:
        """Watch a page; the document is a target as trimtab.yaml writes it."""
        path = "/v1/targets?dryRun=true" if dry_run else "/v1/targets"
        return schemas.TargetOut.model_validate(self._call("POST", path, json=dict(document)))

    def remove_target(self, name: str) -> None:
        """Watch a page no longer."""
        self._call("DELETE", f"/v1/targets/{name}")

    def slos(self) -> list[schemas.SloOut]:
        """Every SLO with its budget and burn."""
        return self._list("/v1/slos", schemas.SloOut)

    def slo(self, name: str) -> schemas.SloOut:
        """One SLO."""
        return schemas.SloOut.model_validate(self._call("GET", f"/v1/slos/{name}"))

    def slo_burn(self, name: str) -> list[schemas.RuleOut]:
        """Every burn rule of one SLO, with the counts of its windows."""
        return self._list(f"/v1/slos/{name}/burn", schemas.RuleOut)

    def slo_forecast(self, name: str) -> schemas.ForecastOut:
        """When the budget of one SLO runs out."""
        return schemas.ForecastOut.model_validate(self._call("GET", f"/v1/slos/{name}/forecast"))

    def slo_blame(
        self, name: str, *, window_seconds: float | None = None, by: str = ""
    ) -> schemas.BlameOut:
        """Who spends the budget of one SLO."""
        query = {"by": by} | ({} if window_seconds is None else {"windowSeconds": window_seconds})
        path = f"/v1/slos/{name}/blame"
        return schemas.BlameOut.model_validate(self._call("GET", path, params=query))

    def slo_adjustments(self, name: str) -> list[schemas.AdjustmentOut]:
        """All that people took out of a budget, and when they began it anew, oldest first."""
        kinds = ("exclusions", "resets")
        found = [
            entry
            for kind in kinds
            for entry in self._list(f"/v1/slos/{name}/{kind}", schemas.AdjustmentOut)
        ]
        return sorted(found, key=lambda entry: entry.id)

    def exclude(self, name: str, wanted: schemas.ExclusionIn) -> schemas.AdjustmentOut:
        """Take a time out of an SLO's numbers."""
        return self._adjust(f"/v1/slos/{name}/exclusions", wanted)

    def withdraw_exclusion(self, name: str, entry: int, *, reason: str) -> schemas.AdjustmentOut:
        """Take an exclusion back."""
        why = schemas.ResetIn(reason=reason)
        return self._adjust(f"/v1/slos/{name}/exclusions/{entry}:withdraw", why)

    def reset_budget(self, name: str, *, reason: str) -> schemas.AdjustmentOut:
        """Begin an SLO's budget anew."""
        return self._adjust(f"/v1/slos/{name}/resets", schemas.ResetIn(reason=reason))

    def _adjust(self, path: str, asked: schemas.Shape) -> schemas.AdjustmentOut:
        answer = self._call("POST", path, json=asked.model_dump(by_alias=True))
        return schemas.AdjustmentOut.model_validate(answer)

    def services(self) -> list[schemas.ServiceOut]:
        """Every service and who serves it."""
        return self._list("/v1/services", schemas.ServiceOut)

    def rollouts(
        self, *, service: str | None = None, active: bool = False
    ) -> list[schemas.RolloutOut]:
        """Rollouts, newest first."""
        query = {"active": str(active).lower()} | ({"service": service} if service else {})
        return self._list("/v1/rollouts", schemas.RolloutOut, query)

    def rollout(self, rollout_id: str) -> schemas.RolloutOut:
        """One rollout."""
        return schemas.RolloutOut.model_validate(self._call("GET", f"/v1/rollouts/{rollout_id}"))

    def rollout_analysis(self, rollout_id: str) -> schemas.RolloutAnalysisOut:
        """The verdicts of a rollout with all that they can be reckoned from again."""
        found = self._call("GET", f"/v1/rollouts/{rollout_id}/analysis", timeout=LONG_SECONDS)
        return schemas.RolloutAnalysisOut.model_validate(found)

    def start_rollout(
        self, rollout: schemas.RolloutIn, *, idempotency_key: str | None = None
    ) -> schemas.RolloutOut:
        """Start a rollout; the same key never starts two."""
        headers = {"idempotency-key": idempotency_key} if idempotency_key else {}
        body = rollout.model_dump(mode="json", by_alias=True, exclude_none=True)
        answer = self._call("POST", "/v1/rollouts", json=body, headers=headers)
        return schemas.RolloutOut.model_validate(answer)

    def lint_rollouts(self, service: str) -> list[schemas.LintOut]:
        """What keeps rollouts of a service from working, as they are configured."""
        answer = self._call(
            "GET", "/v1/rollouts:lint", params={"service": service}, timeout=LONG_SECONDS
        )
        return [schemas.LintOut.model_validate(each) for each in answer["items"]]

    def drill_rollback(self, asked: schemas.DrillIn) -> schemas.RolloutOut:
        """Rehearse a rollback."""
        body = asked.model_dump(mode="json", by_alias=True, exclude_none=True)
        return schemas.RolloutOut.model_validate(
            self._call("POST", "/v1/rollouts:drill", json=body)
        )

    def retry_rollout(self, rollout_id: str) -> schemas.RolloutOut:
        """Try again what ended without success."""
        return schemas.RolloutOut.model_validate(
            self._call("POST", f"/v1/rollouts/{rollout_id}:retry")
        )

    def undo_rollout(self, rollout_id: str, *, version: str = "") -> schemas.RolloutOut:
        """Take back at once what succeeded."""
        answer = self._call("POST", f"/v1/rollouts/{rollout_id}:undo", json={"version": version})
        return schemas.RolloutOut.model_validate(answer)

    def weigh_rollout(
        self, rollout_id: str, weight: float, *, reason: str = ""
    ) -> schemas.RolloutOut:
        """Set the weight of a rollout that is moved by hand, in per cent."""
        body = {"weight": weight, "reason": reason}
        answer = self._call("POST", f"/v1/rollouts/{rollout_id}:weight", json=body)
        return schemas.RolloutOut.model_validate(answer)

    def answer_approval(
        self, rollout_id: str, name: str, answer: str, *, reason: str = ""
    ) -> schemas.RolloutOut:
        """Approve or reject what a rollout waits for."""
        path = f"/v1/rollouts/{rollout_id}/gates/{name}:{answer}"
        found = self._call("POST", path, json={"reason": reason})
        return schemas.RolloutOut.model_validate(found)

    def rollout_verb(self, rollout_id: str, verb: str, *, reason: str = "") -> schemas.RolloutOut:
        """Promote, pause, resume or abort."""
        answer = self._call("POST", f"/v1/rollouts/{rollout_id}:{verb}", json={"reason": reason})
        return schemas.RolloutOut.model_validate(answer)

    def registry_entries(self) -> list[schemas.RegistryEntryOut]:
        """Rollouts that a model registry asked for, newest first."""
        return self._list("/v1/registry", schemas.RegistryEntryOut)

    def events(self, *, subject: str | None = None, after: int = 0) -> list[schemas.EventOut]:
        """What happened, oldest first."""
        query = {"after": str(after)} | ({"subject": subject} if subject else {})
        return self._list("/v1/events", schemas.EventOut, query)

    def alerts(self) -> list[schemas.AlertOut]:
        """Every alert that ever fired, newest change first."""
        return self._list("/v1/alerts", schemas.AlertOut)

    def deliveries(self) -> list[schemas.DeliveryOut]:
        """Messages to receivers, newest first."""
        return self._list("/v1/deliveries", schemas.DeliveryOut)

    def scaling(self) -> list[schemas.ScalingOut]:
        """How many replicas each service should have."""
        return self._list("/v1/scaling", schemas.ScalingOut)

    def gate(self, service: str, *, version: str = "") -> schemas.GateOut:
        """Whether a service may be deployed now."""
        return self._gate("GET", "/v1/gate", service, version)

    def override_gate(self, service: str, *, version: str, reason: str) -> schemas.GateOut:
        """Deploy whatever the gate says, and have it written down."""
        return self._gate("POST", "/v1/gate:override", service, version, json={"reason": reason})

    def _gate(
        self, verb: str, path: str, service: str, version: str, json: dict[str, str] | None = None
    ) -> schemas.GateOut:
        asked = httpx.QueryParams({"service": service, "version": version})
        return schemas.GateOut.model_validate(self._call(verb, f"{path}?{asked}", json=json))

    def breakers(self) -> list[schemas.BreakerOut]:
        """Every circuit breaker."""
        return self._list("/v1/breakers", schemas.BreakerOut)

    def order_breaker(
        self, service: str, version: str, verb: str, *, reason: str = ""
    ) -> schemas.BreakerOut:
        """Open, close or reset a breaker."""
        path = f"/v1/breakers/{service}/{version}:{verb}"
        answer = self._call("POST", path, json={"reason": reason})
        return schemas.BreakerOut.model_validate(answer)

    def probes(self) -> list[schemas.ProbeOut]:
        """The last answer to every probe."""
        return self._list("/v1/probes", schemas.ProbeOut)

    def gpu(self) -> schemas.GpuOut:
        """The GPUs of the control plane's machine."""
        return schemas.GpuOut.model_validate(self._call("GET", "/v1/gpu"))

    def audit(self) -> list[schemas.AuditOut]:
        """The audit trail, newest first."""
        return self._list("/v1/audit", schemas.AuditOut)

    def runbook_runs(self) -> list[schemas.RunbookRunOut]:
        """Runs of runbooks, newest first."""
        return self._list("/v1/runbook-runs", schemas.RunbookRunOut)

    def start_runbook_run(self, run: schemas.RunbookRunIn) -> schemas.RunbookRunOut:
        """Record that a run begins."""
        body = run.model_dump(mode="json", by_alias=True)
        answer = self._call("POST", "/v1/runbook-runs", json=body)
        return schemas.RunbookRunOut.model_validate(answer)

    def save_runbook_run(self, run_id: str, run: schemas.RunbookRunIn) -> schemas.RunbookRunOut:
        """Record how far a run has come."""
        body = run.model_dump(mode="json", by_alias=True)
        answer = self._call("PUT", f"/v1/runbook-runs/{run_id}", json=body)
        return schemas.RunbookRunOut.model_validate(answer)

    def slo_sets(self) -> list[schemas.SloSetOut]:
        """Every set of SLOs that was applied."""
        return self._list("/v1/slo-sets", schemas.SloSetOut)

    def apply_slos(
        self, name: str, wanted: schemas.SloSetIn, *, dry_run: bool = False
    ) -> schemas.SloSetChangeOut:
        """Have a set of SLO files watched; a dry run only says what would change."""
        path = f"/v1/slo-sets/{name}" + ("?dryRun=true" if dry_run else "")
        body = wanted.model_dump(by_alias=True)
        answer = self._call("PUT", path, json=body, timeout=LONG_SECONDS)
        return schemas.SloSetChangeOut.model_validate(answer)

    def remove_slos(self, name: str) -> None:
        """Watch a set of SLOs no longer."""
        self._call("DELETE", f"/v1/slo-sets/{name}")

    def engine_feeds(self) -> list[schemas.EngineFeedOut]:
        """Every SLO that is counted on an engine's samples."""
        return self._list("/v1/engines", schemas.EngineFeedOut)

    def tell_past(self, name: str, past: schemas.BackfillIn) -> schemas.BackfillOut:
        """Have what happened before an SLO was counted taken up."""
        body = past.model_dump(mode="json", by_alias=True)
        return schemas.BackfillOut.model_validate(
            self._call("POST", f"/v1/slos/{name}/past", json=body, timeout=LONG_SECONDS)
        )
