"""A register of one's own as a sheet: blank or filled in, to be written with no connection and brought back.

The first sheet asks what the register is, a line a question; each list of rows has a sheet of its own, as it has on the
page. Rows stand in the order in which they are written. Nothing is locked, and nothing is secret: what comes back is
read as if it had been typed on the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from xlsxwriter import Workbook

from tienbo.catalogue.definitions import RegisterField, RegisterKind
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_, speaking
from tienbo.core.messages import gettext as _
from tienbo.papers.workbook import faults as _worded  # noqa: F401 - the sentences of unsafe files
from tienbo.papers.workbook.cells import text_of
from tienbo.papers.workbook.columns import Columns, answer_read
from tienbo.papers.workbook.opening import OpenedSheet, sheets_opened
from tienbo.papers.workbook.plan import cell_name
from tienbo.papers.workbook.safety import Unsafe
from tienbo.papers.workbook.styles import FONT, SIZE, Styles

MARKER, ROWS = "tienbo_kind|1", "tienbo_kind_rows|"
HEAD = "head|"
"""The key of the row of headings: what stands above it is no row."""
BLANKS = 60
"""Blank lines below those that are there."""
_MADE_ON = datetime(2000, 1, 1)
_SEARCHED = 12
_HEAD_ROW = 3

worded(
    {
        "kind_sheet.not_ours": N_(
            "This is not a sheet for a register of one's own. Take a blank one on the page and fill it in."
        ),
        "kind_sheet.column_missing": N_(
            "The column “{label}” is missing. Take a blank sheet and copy the lines into it."
        ),
        "kind_sheet.error_cell": N_("The cell shows an error. Enter what it should say."),
    }
)


def kind_sheet_write(
    where: str | Path | IO[bytes],
    *,
    form: RegisterKind,
    said: Mapping[str, str],
    offers: Mapping[str, Sequence[str]],
    lang: str = "vi",
) -> None:
    """Write the sheet (xlsx) of what is `said` (address → text) of a register; blank where that is nothing. `offers`:
    column → words to choose from. Equal input gives equal bytes."""
    with speaking(lang):
        options: dict[str, Any] = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "default_format_properties": {"font_name": FONT, "font_size": SIZE},
        }
        book = Workbook(str(where) if isinstance(where, Path) else where, options)
        book.set_properties({"title": str(form.name), "created": _MADE_ON})
        columns = Columns(book, Styles(book), form)
        columns.more = offers
        _head(book, columns, form, said)
        for one in form.fields:
            if one.kind == "rows":
                _rows(book, columns, one, said)
        columns.lists_write()
        book.close()


def _head(book: Any, columns: Columns, form: RegisterKind, said: Mapping[str, str]) -> None:
    page, styles = book.add_worksheet(str(form.record_name)[:31]), columns.styles
    page.write_string(0, 0, MARKER)
    page.set_column(0, 0, 2, None, {"hidden": True})
    page.set_column(1, 1, 38)
    page.set_column(2, 2, 60)
    page.set_column(3, 3, 70)
    page.write_string(0, 1, str(form.name), styles["title_left"])
    how = _(
        "Answer the questions here, then go on in the other sheets. What is marked * is always filled in. Save the "
        "file and bring it back on the page of registers of one's own: what is wrong is told cell by cell."
    )
    page.write_string(1, 1, how, styles["help_left"])
    asked = [one for one in form.fields if one.kind != "rows"]
    for row, one in enumerate(asked, _HEAD_ROW):
        page.write_string(row, 0, one.code)
        page.write_string(row, 1, f"{one.label}{' *' if one.required else ''}", styles["label"])
        columns.cell(page, row, 2, one, said.get(one.code, ""))
        columns.rule(page, one, row, row, 2)
        if one.note:
            page.write_string(row, 3, str(one.note), styles["help_left"])
    page.fit_to_pages(1, 0)


def _rows(book: Any, columns: Columns, one: RegisterField, said: Mapping[str, str]) -> None:
    page, styles = book.add_worksheet(str(one.label)[:31]), columns.styles
    keys = list(dict.fromkeys(at.split("/")[1] for at in sorted(said) if at.startswith(f"{one.code}/")))
    last = _HEAD_ROW + len(keys) + BLANKS
    page.set_row(0, 3, None, {"hidden": True})
    page.write_string(0, 0, ROWS + one.code)
    page.set_column(0, 0, 2, None, {"hidden": True})
    page.write_string(1, 1, str(one.label), styles["title_left"])
    if one.note:
        page.write_string(2, 1, str(one.note), styles["help_left"])
    page.set_row(_HEAD_ROW, 48)
    page.write_string(_HEAD_ROW, 0, HEAD)
    for column, cell in enumerate(one.columns, 1):
        page.write_string(0, column, cell.code)
        columns.head(page, _HEAD_ROW, column, cell, last)
        for row, key in enumerate([*keys, *[""] * BLANKS], _HEAD_ROW + 1):
            columns.cell(page, row, column, cell, said.get(f"{one.code}/{key}/{cell.code}", "") if key else "")
    page.freeze_panes(_HEAD_ROW + 1, 2)
    page.set_landscape()
    page.fit_to_pages(1, 0)


# ------------------------------------------------------------------------------------------------------ reading


@dataclass(slots=True)
class KindRead:
    """What a sheet says: address → text, rows in their order; the cell of each address; what is wrong with the file."""

    said: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def kind_sheet_read(data: bytes, *, name: str, form: RegisterKind) -> KindRead:
    """Read a sheet of a register (xlsx, xls, ods). Every fault of the file at once; never raises for what a file may
    hold."""
    read = KindRead()
    try:
        sheets = sheets_opened(data)
    except Unsafe as unsafe:
        return KindRead(faults=[unsafe.fault(name)])
    is_ours = False
    for sheet in sheets:
        found = _corner(sheet)
        if found is None:
            continue
        top, left, marker = found
        if marker == MARKER:
            is_ours = True
            _read_head(read, form, sheet, top, left)
            continue
        rows = form.by_code.get(marker.removeprefix(ROWS))
        if rows is not None:
            _read_rows(read, rows, sheet, top, left)
    if not is_ours:
        return KindRead(faults=[Fault("kind_sheet.not_ours", name)])
    return read


def _corner(sheet: OpenedSheet) -> tuple[int, int, str] | None:
    for row, cells in enumerate(sheet.grid[:_SEARCHED]):
        for column, value in enumerate(cells[:_SEARCHED]):
            if isinstance(value, str) and (value == MARKER or value.startswith(ROWS)):
                return row, column, value
    return None


def _read_head(read: KindRead, form: RegisterKind, sheet: OpenedSheet, top: int, left: int) -> None:
    for row in range(top + 1, len(sheet.grid)):
        cells = sheet.grid[row]
        one = form.by_code.get(text_of(cells[left])) if left < len(cells) else None
        if one is not None and one.kind != "rows":
            _cell(read, one, one.code, sheet, row, left + 2)


def _read_rows(read: KindRead, rows: RegisterField, sheet: OpenedSheet, top: int, left: int) -> None:
    columns = {text_of(key): column for column, key in enumerate(sheet.grid[top]) if text_of(key)}
    for one in rows.columns:
        if one.code not in columns:
            read.faults.append(Fault("kind_sheet.column_missing", sheet.name, {"label": one.label}))
    there = [one for one in rows.columns if one.code in columns]
    heads = [row for row, cells in enumerate(sheet.grid) if left < len(cells) and cells[left] == HEAD]
    for row in range((heads[0] if heads else top) + 1, len(sheet.grid)):
        cells = sheet.grid[row]
        if any(text_of(cells[columns[one.code]]) for one in there if columns[one.code] < len(cells)):
            for one in there:
                _cell(read, one, f"{rows.code}/row_{row:026d}/{one.code}", sheet, row, columns[one.code])


def _cell(read: KindRead, one: RegisterField, at: str, sheet: OpenedSheet, row: int, column: int) -> None:
    place = f"{sheet.name}!{cell_name(row, column)}"
    read.places[at] = place
    if (row, column) in sheet.marks.errors:
        read.faults.append(Fault("kind_sheet.error_cell", place, {"field": at}))
        return
    cells = sheet.grid[row]
    text = text_of(cells[column]) if column < len(cells) else ""
    if text:
        read.said[at] = answer_read(one, text)
