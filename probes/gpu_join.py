"""Which GPUs serve which target, from the pages of NVIDIA's DCGM exporter and of the servers. Pure.

A pod that DCGM names is matched by namespace and name. Elsewhere a server that names its GPU, as
Triton does by ``gpu_uuid``, is matched by that. What cannot be told apart is not matched.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean

from probes.exposition import Page

__all__ = ["GPU_NAMES", "GpuSeen", "Server", "Serving", "join_gpus", "read_dcgm", "serving_gpus"]

BLANK = 2_147_483_632.0
"""DCGM's signs for "not there" begin here: those of 32 bits, of doubles and of 64 bits (2**63)."""
MIB = float(1 << 20)
UTILIZATION = "DCGM_FI_DEV_GPU_UTIL"
ENGINE_ACTIVE = "DCGM_FI_PROF_GR_ENGINE_ACTIVE"
USED, FREE, RESERVED = "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE", "DCGM_FI_DEV_FB_RESERVED"
POWER, TEMPERATURE = "DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_GPU_TEMP"
READ = frozenset({UTILIZATION, ENGINE_ACTIVE, USED, FREE, RESERVED, POWER, TEMPERATURE})
OWN_UTILIZATION = "nv_gpu_utilization"
OWN_UUID = "gpu_uuid"
GPU_NAMES = READ | {OWN_UTILIZATION}
"""Names of all series that are read here, whichever page they are on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuSeen:
    """A GPU or a slice of one, as somebody uses it; what is not reported is None.

    Attributes:
        uuid: Of the whole GPU.
        host: Machine; empty when it is not said.
        mig_profile: For example ``3g.40gb``; empty for a whole GPU.
        mig_instance: Number of the slice on its GPU; empty for a whole GPU.
        namespace: Of the pod that uses it; empty when none is named.
        pod: Its name.
        container: In that pod.
        utilization_ratio: Share of time in which it worked; of a slice, its engines' share.
        memory_used_bytes: Taken.
        memory_total_bytes: Taken, free and reserved.
        power_watts: Drawn by the whole GPU.
        temperature_celsius: Of the chip.
    """

    uuid: str
    host: str = ""
    mig_profile: str = ""
    mig_instance: str = ""
    namespace: str = ""
    pod: str = ""
    container: str = ""
    utilization_ratio: float | None = None
    memory_used_bytes: float | None = None
    memory_total_bytes: float | None = None
    power_watts: float | None = None
    temperature_celsius: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A target: its name, its pod where it runs in one, and its page where there is one."""

    name: str
    namespace: str = ""
    pod: str = ""
    page: Page | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """The GPUs that serve one target, how busy they are on average, and how that was found out."""

    gpus: tuple[GpuSeen, ...]
    utilization_ratio: float | None
    reason: str


def read_dcgm(page: Page) -> tuple[GpuSeen, ...]:
    """Return the GPUs on a page of the DCGM exporter; none when it is another's page."""
    found: defaultdict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for (name, labels), value in zip(page.layout.series, page.values.tolist(), strict=True):
        if name in READ and labels.get("UUID") and 0.0 <= value < BLANK:
            found[_who(labels)][name] = value
    return tuple(_seen(who, values) for who, values in found.items())


def join_gpus(gpus: Iterable[GpuSeen], servers: Iterable[Server]) -> dict[str, Serving]:
    """Return what serves each server, by its name."""
    by_pod: defaultdict[tuple[str, str], list[GpuSeen]] = defaultdict(list)
    by_uuid: defaultdict[str, list[GpuSeen]] = defaultdict(list)
    # Two exporters of one machine show the same GPUs.
    for gpu in {_identity(gpu): gpu for gpu in gpus}.values():
        by_uuid[gpu.uuid].append(gpu)
        if gpu.pod:
            by_pod[gpu.namespace, gpu.pod].append(gpu)
    return {server.name: _serving(server, by_pod, by_uuid) for server in servers}


def serving_gpus(pages: Mapping[str, Page], targets: Iterable[str]) -> dict[str, Serving]:
    """Return what serves each target; any of the pages may be DCGM's.

    Args:
        pages: Those last read, by target.
        targets: Names of those that serve models.
    """
    gpus = [gpu for page in pages.values() for gpu in read_dcgm(page)]
    return join_gpus(gpus, (Server(name=name, page=pages.get(name)) for name in targets))


def _identity(gpu: GpuSeen) -> tuple[str, ...]:
    return gpu.uuid, gpu.mig_instance, gpu.namespace, gpu.pod, gpu.container


def _serving(
    server: Server,
    by_pod: Mapping[tuple[str, str], list[GpuSeen]],
    by_uuid: Mapping[str, list[GpuSeen]],
) -> Serving:
    named = by_pod.get((server.namespace, server.pod), []) if server.pod else []
    if named:
        where = f"{server.namespace}/{server.pod}"
        return _told(named, f"DCGM names the pod {where} on {len(named)} GPUs")
    own = _own_utilization(server.page)
    # Of a GPU in slices, or shared by pods, its UUID does not say which part is meant.
    known = [by_uuid[uuid][0] for uuid in own if len(by_uuid.get(uuid, ())) == 1]
    if known:
        return _told(known, f"the server names {len(known)} GPUs that DCGM knows by UUID")
    busy = [share for share in own.values() if share is not None]
    mean = fmean(busy) if busy else None
    if own:
        gpus = tuple(GpuSeen(uuid=uuid, utilization_ratio=share) for uuid, share in own.items())
        return Serving(gpus=gpus, utilization_ratio=mean, reason="only the server names its GPUs")
    return Serving(gpus=(), utilization_ratio=None, reason="nobody says which GPU serves it")


def _told(gpus: list[GpuSeen], reason: str) -> Serving:
    busy = [gpu.utilization_ratio for gpu in gpus if gpu.utilization_ratio is not None]
    mean = fmean(busy) if busy else None
    return Serving(gpus=tuple(gpus), utilization_ratio=mean, reason=reason)


def _own_utilization(page: Page | None) -> dict[str, float | None]:
    """Return how busy the GPUs are that a server names; None for one whose use it does not tell."""
    found: dict[str, float | None] = {}
    if page is not None:
        for (name, labels), value in zip(page.layout.series, page.values.tolist(), strict=True):
            if uuid := labels.get(OWN_UUID):
                found.setdefault(uuid, None)
                if name == OWN_UTILIZATION and 0.0 <= value <= 1.0:
                    found[uuid] = value
    return found


def _who(labels: Mapping[str, str]) -> tuple[str, ...]:
    host = labels.get("hostname") or labels.get("Hostname", "")  # renamed by the exporter
    rest = ("GPU_I_PROFILE", "GPU_I_ID", "namespace", "pod", "container")
    return (labels["UUID"], host, *(labels.get(label, "") for label in rest))


def _seen(who: tuple[str, ...], values: Mapping[str, float]) -> GpuSeen:
    uuid, host, profile, instance, namespace, pod, container = who
    percent = values.get(UTILIZATION)
    parts = [values.get(name) for name in (USED, FREE)]
    known = [part for part in parts if part is not None]
    whole = sum(known) + values.get(RESERVED, 0.0) if len(known) == len(parts) else None
    return GpuSeen(
        uuid=uuid,
        host=host,
        mig_profile=profile,
        mig_instance=instance,
        namespace=namespace,
        pod=pod,
        container=container,
        utilization_ratio=values.get(ENGINE_ACTIVE) if percent is None else min(percent, 100) / 100,
        memory_used_bytes=_bytes(values.get(USED)),
        memory_total_bytes=_bytes(whole),
        power_watts=values.get(POWER),
        temperature_celsius=values.get(TEMPERATURE),
    )


def _bytes(mebibytes: float | None) -> float | None:
    return None if mebibytes is None else mebibytes * MIB
