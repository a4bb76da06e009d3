"""The loops: each round reads, decides, writes, and may be repeated at any time."""

__all__: list[str] = []
