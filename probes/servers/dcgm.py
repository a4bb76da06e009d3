"""NVIDIA's DCGM exporter: one series per card and metric; memory in MiB."""

from probes.indicators import Level, Tally
from probes.server_profile import ServerProfile
from slo import parse_selectors

__all__ = ["DCGM"]

PERCENT = 0.01
MEBIBYTES = 1048576.0
BLANK = 9.2e18
"""A field that the card does not have is printed as a number near 2^63."""

DCGM = ServerProfile(
    name="dcgm",
    title="NVIDIA DCGM exporter",
    signatures=(("DCGM_FI_*",),),
    levels=(
        Level(
            name="gpu_utilization",
            series=parse_selectors("DCGM_FI_DEV_GPU_UTIL"),
            unit="ratio",
            scale=PERCENT,
            blank=BLANK,
        ),
        Level(
            name="gpu_utilization",
            series=parse_selectors("DCGM_FI_PROF_GR_ENGINE_ACTIVE"),
            unit="ratio",
            blank=BLANK,
        ),
        Level(
            name="gpu_tensor_active",
            series=parse_selectors("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE"),
            unit="ratio",
            blank=BLANK,
        ),
        Level(
            name="gpu_memory_used",
            series=parse_selectors("DCGM_FI_DEV_FB_USED"),
            unit="bytes",
            scale=MEBIBYTES,
            blank=BLANK,
        ),
        Level(
            name="gpu_memory_free",
            series=parse_selectors("DCGM_FI_DEV_FB_FREE"),
            unit="bytes",
            scale=MEBIBYTES,
            blank=BLANK,
        ),
        Level(
            name="gpu_power",
            series=parse_selectors("DCGM_FI_DEV_POWER_USAGE"),
            unit="watts",
            blank=BLANK,
        ),
        Level(
            name="gpu_temperature",
            series=parse_selectors("DCGM_FI_DEV_GPU_TEMP"),
            unit="celsius",
            blank=BLANK,
        ),
        Level(
            name="gpu_last_xid",
            series=parse_selectors("DCGM_FI_DEV_XID_ERRORS"),
            unit="code",
            blank=BLANK,
        ),
    ),
    tallies=(
        Tally(
            name="gpu_energy",
            series=parse_selectors("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"),
            unit="millijoules",
        ),
    ),
    port=9400,
    blind_spots=(
        "it knows cards, not requests: no SLO can rest on it",
        "GPU_UTIL says that something ran, not how much of the card it used",
        "XID_ERRORS holds the last code only: an error that comes twice is not seen twice",
        "a field that the card lacks is printed as a number near 2^63",
        (
            "the host is in the label Hostname in older releases, hostname in newer ones; with MIG a "
            "card is several series (GPU_I_ID)"
        ),
    ),
    see_more=(
        "DCGM_FI_PROF_GR_ENGINE_ACTIVE and PIPE_TENSOR_ACTIVE say how busy a card really is",
        "pod and namespace join it to a server, or UUID to Triton's gpu_uuid",
    ),
)
