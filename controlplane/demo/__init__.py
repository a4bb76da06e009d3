"""The story that `trimtab demo` tells: real servers, real load, real decisions, one report."""

__all__: list[str] = []
