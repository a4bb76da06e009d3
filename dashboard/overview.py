"""The overview: is every promise kept, what is moving, and how much is left."""

import streamlit as st

from controlplane.client import TrimtabClient
from controlplane.errors import TrimtabError
from controlplane.schemas import (
    AlertOut,
    GpuDeviceOut,
    GpuOut,
    RolloutOut,
    ServiceOut,
    SloOut,
    TargetOut,
)
from dashboard.wording import age, escape, percent, times

__all__ = ["overview"]

REFRESH_SECONDS = 5
WORST_FIRST = {"exhausted": 0, "burning": 1, "unknown": 2, "ok": 3}
COLOURS = {"exhausted": "red", "burning": "orange", "unknown": "gray", "ok": "green"}


def overview(client: TrimtabClient) -> None:
    """Draw the page, and draw it again every few seconds."""
    st.title("Reliability")

    @st.fragment(run_every=REFRESH_SECONDS)
    def fresh() -> None:
        _draw(client)

    fresh()


def _draw(client: TrimtabClient) -> None:
    try:
        slos, rollouts, gpu = client.slos(), client.rollouts(), client.gpu()
        services, targets, alerts = client.services(), client.targets(), client.alerts()
    except TrimtabError as error:
        st.error(f"{escape(str(error))}  \nNothing below is current, so nothing is shown.")
        return
    _show_alerts(alerts)
    for slo in sorted(slos, key=lambda found: WORST_FIRST[found.status.state]):
        _show_slo(slo)
    _show_rollouts(rollouts)
    _show_traffic(services, targets)
    _show_gpu(gpu)


def _show_alerts(alerts: list[AlertOut]) -> None:
    for alert in alerts:
        if alert.state == "firing":
            summary = alert.annotations.get("summary", "")
            st.error(f"**{escape(alert.severity)}** {escape(summary)}", icon=":material/warning:")


def _show_slo(slo: SloOut) -> None:
    status, budget = slo.status, slo.status.budget
    colour = COLOURS[status.state]
    with st.container(border=True):
        st.markdown(f"**{escape(slo.name)}** :{colour}-badge[{status.state}]")
        st.caption(escape(status.reason))
        left, burn, errors, objective = st.columns(4)
        left.metric("Budget left", percent(budget.remaining_ratio))
        worst = max((rule.burn_long or 0.0 for rule in status.burn), default=None)
        burn.metric("Burn rate", times(worst if budget.total else None))
        errors.metric("Bad of total", f"{budget.bad:,} of {budget.total:,}")
        window = age(slo.spec.window_seconds)
        objective.metric("Objective", f"{slo.spec.target:.4g} over {window}")


def _show_rollouts(rollouts: list[RolloutOut]) -> None:
    st.subheader("Rollouts")
    if not rollouts:
        st.caption("None yet. Start one: trimtab rollout start SERVICE --version V")
        return
    rows = [
        {
            "rollout": found.id,
            "service": found.spec.service,
            "version": found.spec.version,
            "phase": found.status.phase,
            "weight %": found.status.weight,
            "canary requests": found.status.canary_requests,
            "reason": found.status.reasons[0],
        }
        for found in rollouts
    ]
    st.dataframe(rows, hide_index=True, width="stretch", key="rollouts")


def _show_traffic(services: list[ServiceOut], targets: list[TargetOut]) -> None:
    st.subheader("Traffic and targets")
    for service in services:
        weights = service.weights or {}
        split = ", ".join(f"version {v}: {w:.4g} %" for v, w in weights.items()) or "unknown"
        st.markdown(f"**{escape(service.name)}** {escape(split)}")
    rows = [
        {"target": found.name, "state": found.status.state, "reason": found.status.reason}
        for found in targets
    ]
    st.dataframe(rows, hide_index=True, width="stretch", key="targets")


def _show_gpu(gpu: GpuOut) -> None:
    st.subheader("GPU")
    if not gpu.devices:
        st.caption(escape(f"No GPU figures: {gpu.reason}"))
    for device in gpu.devices:
        name, use, memory = st.columns(3)
        name.metric("GPU", f"{device.index}: {device.name}")
        use.metric("Utilisation", percent(device.utilization_ratio))
        memory.metric("Memory", percent(_memory_share(device)))


def _memory_share(device: GpuDeviceOut) -> float | None:
    used, total = device.memory_used_bytes, device.memory_total_bytes
    return None if used is None or not total else used / total
