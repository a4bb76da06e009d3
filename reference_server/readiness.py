"""Whether the server takes requests."""

from reference_server.errors import Busy

__all__ = ["Readiness"]


class Readiness:
    """Open from the start; once it drains it never opens again."""

    def __init__(self) -> None:
        self._draining = False

    def drain(self) -> None:
        """Take nothing more; what is inside may finish."""
        self._draining = True

    def check(self) -> None:
        """Do nothing while open.

        Raises:
            Busy: The server is stopping.
        """
        if self._draining:
            msg = "The server is stopping. Ask another one."
            raise Busy(msg)
