"""A spreadsheet that came from outside as sheets of cells, with what a parser hides about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from python_calamine import CalamineWorkbook, SheetTypeEnum

from tienbo.papers.workbook.biff import xls_marks
from tienbo.papers.workbook.marks import NO_MARKS, Marks, ods_marks, xlsx_marks
from tienbo.papers.workbook.safety import Opened, Unsafe, screen


@dataclass(slots=True)
class OpenedSheet:
    """A sheet laid out from its first cell on."""

    name: str
    grid: list[list[Any]]
    marks: Marks
    merged: Sequence[Any]


def sheets_opened(data: bytes) -> list[OpenedSheet]:
    """The sheets of a file (xlsx, xls, ods). Raises Unsafe for what may not be parsed, or cannot."""
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
