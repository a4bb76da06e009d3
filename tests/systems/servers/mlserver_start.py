"""Start MLServer on loopback with one tiny model; run by the Python of .servers/mlserver.

Usage: mlserver_start.py HTTP_PORT METRICS_PORT GRPC_PORT
"""

import asyncio
import sys

import numpy as np
from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse

WEIGHTS = np.arange(12.0).reshape(4, 3)


class Tiny(MLModel):
    """Four numbers in, three out. A negative first number breaks it."""

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer one request."""
        rows = self.decode(payload.inputs[0], default_codec=NumpyCodec)
        if rows.flat[0] < 0:
            raise RuntimeError("the model broke")
        output = NumpyCodec.encode_output("scores", rows @ WEIGHTS)
        return InferenceResponse(model_name=self.name, outputs=[output])


def main() -> None:
    """Serve until told to stop."""
    http, metrics, grpc = map(int, sys.argv[1:4])
    settings = Settings(
        host="127.0.0.1",
        http_port=http,
        metrics_port=metrics,
        grpc_port=grpc,
        parallel_workers=0,
        debug=False,
    )
    model = ModelSettings(name="tiny", implementation=Tiny)
    asyncio.run(MLServer(settings).start([model]))


if __name__ == "__main__":
    main()
