"""An ONNX Runtime inference server on the Open Inference Protocol v2, fit to be watched.

It stands alone: it imports no other floor, and no other floor imports it.
"""

from reference_server.errors import CannotStart, ModelServerError
from reference_server.file_type import FileTypeRules
from reference_server.settings import Settings

__all__ = ["CannotStart", "FileTypeRules", "ModelServerError", "Settings"]
