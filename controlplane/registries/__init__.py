"""Model registries that rollouts follow and that are told how they went: one file per system."""

__all__: list[str] = []
