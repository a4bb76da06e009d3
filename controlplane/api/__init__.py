"""The REST API: one file per resource. A route reads, calls one thing, and answers."""

__all__: list[str] = []
