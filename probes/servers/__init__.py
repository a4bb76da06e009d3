"""Model servers: one file per system, found by the entry point group ``trimtab.servers``."""

__all__: list[str] = []
