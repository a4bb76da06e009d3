"""OpenSLO v1 and v2alpha: read, validated, written. Documents of v1alpha are read."""

from slo.openslo.documents import Document, read_documents
from slo.openslo.from_spec import document_of
from slo.openslo.reading import read_openslo, read_openslo_set
from slo.openslo.shapes import Complaint
from slo.openslo.validation import dangling, validate_documents, validate_openslo
from slo.openslo.writing import write_openslo

__all__ = [
    "Complaint",
    "Document",
    "dangling",
    "document_of",
    "read_documents",
    "read_openslo",
    "read_openslo_set",
    "validate_documents",
    "validate_openslo",
    "write_openslo",
]
