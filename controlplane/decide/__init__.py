"""Pure decisions: state in, next state and a reason out. No I/O, no clock, no randomness."""

__all__: list[str] = []
