"""What is seen just now: services, probes, scaling and GPUs."""

from dataclasses import asdict

from fastapi import APIRouter

from controlplane.api.access import Listing, PlaneHere, listing
from controlplane.live import TrafficStanding
from controlplane.schemas import (
    GpuDeviceOut,
    GpuOut,
    MirrorOut,
    ProbeOut,
    ScalingOut,
    ServiceOut,
)

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["standing"])


@router.get("/services")
async def list_services(plane: PlaneHere) -> Listing[ServiceOut]:
    """Every service, and which version gets which share of its traffic."""
    known = plane.services.list()
    return listing(
        ServiceOut(
            name=name,
            stable=known[name].stable if name in known else None,
            previous=known[name].previous if name in known else None,
            weights=traffic.weights if (traffic := plane.live.traffic.get(name)) else None,
            reason=traffic.reason if traffic else "nobody moves its traffic",
            mirror=_mirror(traffic),
            replicas=_replicas(traffic),
        )
        for name in plane.config.services
    )


@router.get("/probes")
async def list_probes(plane: PlaneHere) -> Listing[ProbeOut]:
    """The last answer to every probe."""
    return listing(
        ProbeOut(
            service=service,
            version=version,
            kind=kind,
            ok=probe.ok,
            reason=probe.reason,
            seconds=probe.seconds,
            at=probe.at,
            good=probe.good,
            total=probe.total,
        )
        for (service, version, kind), probe in sorted(plane.live.probes.items())
    )


@router.get("/scaling")
async def list_scaling(plane: PlaneHere) -> Listing[ScalingOut]:
    """How many replicas each service should have, and why."""
    return listing(
        ScalingOut(
            service=service,
            wanted=standing.wish.replicas,
            seen=standing.replicas,
            in_flight=standing.in_flight,
            gpu_utilization=standing.gpu_utilization,
            reason=standing.wish.reason,
        )
        for service, standing in sorted(plane.live.scaling.items())
    )


@router.get("/gpu")
async def show_gpu(plane: PlaneHere) -> GpuOut:
    """The GPUs of the control plane's machine, or why none is seen."""
    reading = plane.live.gpu
    if reading is None:
        return GpuOut(source="none", reason="not asked yet", devices=())
    devices = (
        GpuDeviceOut(
            index=device.index,
            uuid=device.uuid,
            name=device.name,
            utilization_ratio=device.utilization_ratio,
            memory_used_bytes=device.memory_used_bytes,
            memory_total_bytes=device.memory_total_bytes,
            power_watts=device.power_watts,
            power_limit_watts=device.power_limit_watts,
            temperature_celsius=device.temperature_celsius,
            clock_events=device.clock_events,
            ecc_corrected=device.ecc_corrected,
            ecc_uncorrected=device.ecc_uncorrected,
        )
        for device in reading.devices
    )
    return GpuOut(source=reading.source, reason=reading.reason, devices=tuple(devices))


def _mirror(traffic: TrafficStanding | None) -> MirrorOut | None:
    if traffic is None or traffic.mirror is None:
        return None
    return MirrorOut.model_validate(asdict(traffic.mirror))


def _replicas(traffic: TrafficStanding | None) -> dict[str, dict[str, float] | None]:
    known = {} if traffic is None else traffic.replicas
    return {name: None if weights is None else dict(weights) for name, weights in known.items()}
