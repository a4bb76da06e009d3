"""A BentoML service with one tiny model; served by the bentoml command of .servers/bentoml."""

import bentoml
import numpy as np

WEIGHTS = np.arange(12.0).reshape(4, 3)


@bentoml.service(name="tiny", workers=1)
class Tiny:
    """Four numbers in, three out. A negative first number breaks it."""

    @bentoml.api
    def predict(self, rows: list[list[float]]) -> list[list[float]]:
        """Answer one request."""
        if rows[0][0] < 0:
            raise RuntimeError("the model broke")
        scores: list[list[float]] = (np.asarray(rows) @ WEIGHTS).tolist()
        return scores
