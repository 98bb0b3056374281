"""What a published file says, read back: rows of a Word file's or a page's tables, the text of a PDF. In a process
apart, as anybody may have changed it since."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import docx
import lxml.html  # type: ignore[import-untyped]
from pypdf import PdfReader, PdfWriter

from tienbo.core.apart import FAILED, Overrun
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.papers.foreign import foreign
from tienbo.papers.workbook.safety import Unsafe, screen_whole

worded(
    {
        "published.unreadable": N_("The published file ({suffix}) cannot be read back: it is damaged or was changed."),
    }
)

_MOST = 16 * 2**20


def published_rows(data: bytes, suffix: str) -> list[list[str]]:
    """Rows of the tables of a Word file ("docx") or a page ("page"). Refused for what cannot be read."""
    rows: list[list[str]] = _asked("docx_rows" if suffix == "docx" else "page_rows", data, suffix)
    return rows


def published_text(data: bytes) -> str:
    """The text of a PDF, page after page. Refused for what cannot be read."""
    return str(_asked("pdf_text", data, "pdf"))


def _asked(name: str, data: bytes, suffix: str) -> Any:
    try:
        return foreign(f"{__name__}:{name}", data)
    except (Overrun, Unsafe) as unread:
        failed = isinstance(unread, Overrun) and unread.why == "failed"  # not for what the file holds
        code = FAILED if failed else "published.unreadable"
        raise Refused(Fault(code, suffix, {"suffix": suffix})) from unread


# --------------------------------------------------------------------------------------------------- in the process


def docx_rows(data: bytes) -> list[list[str]]:
    screen_whole(data)
    return [[cell.text for cell in row.cells] for table in docx.Document(BytesIO(data)).tables for row in table.rows]


def page_rows(data: bytes) -> list[list[str]]:
    rows = lxml.html.fromstring(data[:_MOST].decode()).iter("tr")
    return [[cell.text_content() for cell in row if cell.tag in ("td", "th")] for row in rows]


def pdf_text(data: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)


def begin() -> None:
    """A little of each, so that all it needs is loaded."""
    word = BytesIO()
    made = docx.Document()
    made.add_table(1, 1)
    made.save(word)
    docx_rows(word.getvalue())
    page_rows(b"<table><tr><td>1</td></tr></table>")
    pages, sheet = BytesIO(), PdfWriter()
    sheet.add_blank_page(10, 10)
    sheet.write(pages)
    pdf_text(pages.getvalue())
