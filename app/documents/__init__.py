"""Documents as files: pure functions from a document to bytes."""

from app.documents.csv_file import csv_of
from app.documents.pdf_file import pdf_of
from app.documents.xml_file import NoBuyer, xml_of
from app.domain.document import Document, DocumentFormat

_WRITERS = {DocumentFormat.PDF: pdf_of, DocumentFormat.CSV: csv_of, DocumentFormat.XML: xml_of}
MEDIA_TYPES = {
    DocumentFormat.PDF: "application/pdf",
    DocumentFormat.CSV: "text/csv; charset=utf-8",
    DocumentFormat.XML: "application/xml",
}

__all__ = ["MEDIA_TYPES", "NoBuyer", "file_of"]


def file_of(document: Document, form: DocumentFormat) -> bytes:
    """Raises `NoBuyer` for the XML of a document that names no buyer."""
    return _WRITERS[form](document)
