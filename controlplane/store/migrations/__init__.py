"""How the tables came to be, one file per change; `database.migrate` runs them."""

__all__: list[str] = []
