"""Watching the watcher: alerts and a dashboard on the plane's own metrics, for any Prometheus. Pure."""

from controlplane.mixin.alerts import ALERTS, Trouble, alert_groups
from controlplane.mixin.plane_dashboard import plane_dashboard

__all__ = ["ALERTS", "Trouble", "alert_groups", "plane_dashboard"]
