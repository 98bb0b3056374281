"""Files handed to a browser: never shown in place, never kept by it."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "png": "image/png",
    "ics": "text/calendar; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}


def download(name: str, data: bytes) -> HttpResponse:
    """A file under its name. What kind it is follows from the name's end; anything unknown is bytes."""
    kind = TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
    answer = HttpResponse(data, content_type=kind)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    return answer
