"""The control plane: it measures, judges, moves traffic and tells people."""

__all__: list[str] = []
