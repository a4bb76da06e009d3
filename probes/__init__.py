"""Everything that asks a model server how it is, and what it answered."""

__all__: list[str] = []
