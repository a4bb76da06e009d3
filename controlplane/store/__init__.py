"""What outlives the process: counts, rollouts, alerts, messages on their way, the audit trail."""

__all__: list[str] = []
