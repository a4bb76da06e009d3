"""Start KServe's Python server on loopback with one tiny model; run by the Python of .servers/kserve.

Usage: kserve_start.py HTTP_PORT
"""

import sys
from typing import Any

import numpy as np
from kserve import Model, ModelServer
from kserve.protocol.rest import server as rest

WEIGHTS = np.arange(12.0).reshape(4, 3)


class Tiny(Model):
    """Four numbers in, three out. A negative first number breaks it."""

    def load(self) -> None:
        """Say that it is ready."""
        self.ready = True

    def predict(self, payload: dict[str, Any], _headers: Any = None) -> dict[str, Any]:
        """Answer one request."""
        rows = np.asarray(payload["instances"], dtype=float)
        if rows.flat[0] < 0:
            raise RuntimeError("the model broke")
        return {"predictions": (rows @ WEIGHTS).tolist()}


class OnLoopback(rest.uvicorn.Config):
    """KServe writes 0.0.0.0 into its call and has no setting for it."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named | {"host": "127.0.0.1"})


def main() -> None:
    """Serve until told to stop."""
    rest.uvicorn.Config = OnLoopback
    model = Tiny("tiny")
    model.load()
    ModelServer(http_port=int(sys.argv[1]), enable_grpc=False, workers=1).start([model])


if __name__ == "__main__":
    main()
