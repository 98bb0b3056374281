"""Files handed to a browser: never shown in place, never kept by it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "png": "image/png",
    "ics": "text/calendar; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}


_STARTS = frozenset("=+@\t\r\n\0＝＋＠")
"""What a formula begins with, or what is skipped before it; the wide forms too, which some take for the same."""
_NEGATIVE = re.compile(r"-\d[\d.,\u00a0]*( ?%)?")


def download(name: str, data: bytes) -> HttpResponse:
    """A file under its name. What kind it is follows from the name's end; anything unknown is bytes."""
    kind = TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
    answer = HttpResponse(data, content_type=kind)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    return answer


def csv_bytes(lines: Iterable[Sequence[str]]) -> bytes:
    """Lines as a spreadsheet in Vietnamese opens them: semicolons, and a byte order mark before them. Every cell is
    made inert."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([inert(cell) for cell in line] for line in lines)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula; a negative number stays one."""
    is_active = text[:1] in _STARTS or (text[:1] == "-" and not _NEGATIVE.fullmatch(text))
    return "'" + text if is_active else text


def csv_streamed(name: str, lines: Iterable[Sequence[str]]) -> StreamingHttpResponse:
    """The same as a file that is written while it is sent: a list of any length, in as little memory. Every cell is
    made inert."""

    def written() -> Iterator[bytes]:
        yield b"\xef\xbb\xbf"
        text = io.StringIO(newline="")
        write = csv.writer(text, delimiter=";", lineterminator="\r\n")
        for line in lines:
            write.writerow([inert(cell) for cell in line])
            if text.tell() > 2**15:
                yield text.getvalue().encode()
                text.seek(0)
                text.truncate()
        yield text.getvalue().encode()

    answer = StreamingHttpResponse(written(), content_type=TYPES["csv"])
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    return answer
