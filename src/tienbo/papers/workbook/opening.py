"""A spreadsheet that came from outside as sheets of cells, with what a parser hides about them."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any

from python_calamine import CalamineWorkbook, SheetTypeEnum

from tienbo.core import apart
from tienbo.papers.workbook.biff import xls_marks
from tienbo.papers.workbook.marks import NO_MARKS, Marks, ods_marks, xlsx_marks
from tienbo.papers.workbook.safety import Opened, Unsafe, screen

_log = logging.getLogger("tienbo.papers")
READERS = 2
"""Files that a process has read at a time."""


@dataclass(slots=True)
class OpenedSheet:
    """A sheet laid out from its first cell on."""

    name: str
    grid: list[list[Any]]
    marks: Marks
    merged: Sequence[Any]


def sheets_opened(data: bytes) -> list[OpenedSheet]:
    """The sheets of a file (xlsx, xls, ods), read in a process apart. Raises Unsafe for what may not be parsed, or
    cannot be within bounds of memory and time."""
    if apart.inside:
        return _sheets(data)
    try:
        code, said = _readers().ask(data)
    except apart.Overrun as over:
        raise Unsafe(over.code("workbook.too_heavy"), why=over.why) from over
    except apart.Raised as failed:  # a fault of the parser's: to be looked at by who runs the site
        _log.error("a workbook of %d bytes could not be read: %s", len(data), failed)
        raise Unsafe("workbook.unreadable", reason=str(failed).partition(":")[0]) from failed
    if code:
        raise Unsafe(code, **said)
    sheets: list[OpenedSheet] = said
    return sheets


@lru_cache(maxsize=1)
def _readers() -> apart.Apart:
    here = __name__
    made = apart.Apart(f"{here}:sheets_read", size=READERS, trusted=(here, Marks.__module__))
    atexit.register(made.close)
    return made


def sheets_read(data: bytes) -> tuple[str, Any]:
    """In the process apart: the sheets after "", or the code and fields of what was found against the file."""
    try:
        return "", _sheets(data)
    except Unsafe as unsafe:
        return unsafe.code, {name: str(said) for name, said in unsafe.fields.items()}


def _sheets(data: bytes) -> list[OpenedSheet]:
    opened = screen(data)
    marks = _marks(opened)
    sheets: list[OpenedSheet] = []
    try:
        with CalamineWorkbook.from_filelike(BytesIO(opened.data)) as book:
            for index, known in enumerate(book.sheets_metadata):
                if known.typ != SheetTypeEnum.WorkSheet:
                    continue
                sheet = book.get_sheet_by_index(index)
                held = marks[index] if index < len(marks) else NO_MARKS
                grid = sheet.to_python(skip_empty_area=False)
                sheets.append(OpenedSheet(known.name, grid, held, held.merged or sheet.merged_cell_ranges or ()))
    except BaseException as broken:  # a panic in the parser's own language is not an Exception
        if isinstance(broken, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError | Unsafe):
            raise
        raise Unsafe("workbook.unreadable", reason=str(broken)[:200]) from broken
    return sheets


def _marks(opened: Opened) -> list[Marks]:
    if opened.format == "xlsx":
        return xlsx_marks(opened.parts)
    return ods_marks(opened.parts) if opened.format == "ods" else xls_marks(opened.parts["Workbook"])
