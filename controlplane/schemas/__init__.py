"""The shapes of the REST API: what goes in (extra keys are refused) and what comes out.

JSON names are camelCase. Times are Unix seconds, durations seconds, weights per cent, shares [0, 1].
"""

from controlplane.schemas.adjustments import AdjustmentOut, ExclusionIn, ResetIn
from controlplane.schemas.alerts import AlertOut, DeliveryOut
from controlplane.schemas.detection import DetectionOut, IndicatorOut, ModelOut, SystemOut
from controlplane.schemas.engines import BackfillIn, BackfillOut, EngineFeedOut
from controlplane.schemas.gate import GateOut, OverrideIn
from controlplane.schemas.hooks import FlaggerIn, VerdictIn, VerdictOut
from controlplane.schemas.registry import HeardOut, RegistryEntryOut
from controlplane.schemas.rollout_analysis import KeptVerdictOut, RolloutAnalysisOut, WarmupOut
from controlplane.schemas.rollouts import (
    ApprovalIn,
    ConditionOut,
    DrillIn,
    GaugeIn,
    LintOut,
    RolloutIn,
    RolloutOut,
    RolloutSpecOut,
    RolloutStatusOut,
    ShareIn,
    UndoIn,
    VerbIn,
)
from controlplane.schemas.shape import Problem, Shape
from controlplane.schemas.slo_answers import (
    BlamedOut,
    BlameOut,
    ForecastOut,
    HistoryOut,
    OutlookOut,
    RuleOut,
    StepOut,
    WindowOut,
)
from controlplane.schemas.slo_sets import SloChangeOut, SloSetChangeOut, SloSetIn, SloSetOut
from controlplane.schemas.slos import (
    BudgetOut,
    BurnOut,
    SloOut,
    SloSpecOut,
    SloStatusOut,
    UnadjustedOut,
)
from controlplane.schemas.standing import (
    BreakerOut,
    DiscoveryOut,
    GpuDeviceOut,
    GpuOut,
    MirrorOut,
    ProbeOut,
    PushSourceOut,
    ScalingOut,
    SeriesOut,
    ServiceOut,
    TargetOut,
    TargetSpecOut,
    TargetStatusOut,
)
from controlplane.schemas.trail import AuditOut, EventOut, RunbookRunIn, RunbookRunOut, RunbookStep

__all__ = [
    "AdjustmentOut",
    "AlertOut",
    "ApprovalIn",
    "AuditOut",
    "BackfillIn",
    "BackfillOut",
    "BlameOut",
    "BlamedOut",
    "BreakerOut",
    "BudgetOut",
    "BurnOut",
    "ConditionOut",
    "DeliveryOut",
    "DetectionOut",
    "DiscoveryOut",
    "DrillIn",
    "EngineFeedOut",
    "EventOut",
    "ExclusionIn",
    "FlaggerIn",
    "ForecastOut",
    "GateOut",
    "GaugeIn",
    "GpuDeviceOut",
    "GpuOut",
    "HeardOut",
    "HistoryOut",
    "IndicatorOut",
    "KeptVerdictOut",
    "LintOut",
    "MirrorOut",
    "ModelOut",
    "OutlookOut",
    "OverrideIn",
    "ProbeOut",
    "Problem",
    "PushSourceOut",
    "RegistryEntryOut",
    "ResetIn",
    "RolloutAnalysisOut",
    "RolloutIn",
    "RolloutOut",
    "RolloutSpecOut",
    "RolloutStatusOut",
    "RuleOut",
    "RunbookRunIn",
    "RunbookRunOut",
    "RunbookStep",
    "ScalingOut",
    "SeriesOut",
    "ServiceOut",
    "Shape",
    "ShareIn",
    "SloChangeOut",
    "SloOut",
    "SloSetChangeOut",
    "SloSetIn",
    "SloSetOut",
    "SloSpecOut",
    "SloStatusOut",
    "StepOut",
    "SystemOut",
    "TargetOut",
    "TargetSpecOut",
    "TargetStatusOut",
    "UnadjustedOut",
    "UndoIn",
    "VerbIn",
    "VerdictIn",
    "VerdictOut",
    "WarmupOut",
    "WindowOut",
]
