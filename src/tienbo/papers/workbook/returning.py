"""A workbook handed back: the same file with its faults in the cells they are about, and a first sheet that lists them.

Nothing else of the file is touched: not its keys, not what was entered. Once corrected it is sent as it is.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import range_boundaries
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from tienbo.core.apart import Overrun
from tienbo.core.faults import Level, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.papers.foreign import foreign
from tienbo.papers.workbook.safety import Unsafe, screen, screen_whole
from tienbo.papers.workbook.styles import FONT

AUTHOR = "Tiến Bộ"
"""Comments of this author are ours: they are taken out when the workbook is handed back again."""
LIST_MARKER = "tienbo_faults|1"
_THEIRS = "\n—\n"
"""Between our words and those of somebody else, which stay."""
_MOST = 900
"""Letters of one comment: more does not fit a box that can be read."""
_CELL = re.compile(r"(?P<sheet>.+)!(?P<cell>[A-Z]{1,3}[1-9][0-9]{0,5})")
_LEVELS = {Level.ERROR: N_("Must be corrected"), Level.WARNING: N_("To look at"), Level.NOTE: N_("Note")}
_FILLS = {Level.ERROR: "F8CBC6", Level.WARNING: "FCE4B0", Level.NOTE: "E4ECF4"}

worded(
    {
        "workbook.cannot_hand_back": N_(
            "Comments cannot be written into this file. Open it, save it as “Excel Workbook (.xlsx)” and send it again."
        )
    }
)


@dataclass(frozen=True, slots=True)
class Remark:
    """A fault in words: where ("Biểu 02!D14", or the name of a sheet or of the file), what, how grave."""

    place: str
    sentence: str
    level: Level = Level.ERROR


def workbook_hand_back(data: bytes, remarks: Sequence[Remark], *, heading: str) -> bytes:
    """The workbook (xlsx) with the remarks in it, made in a process apart. `heading` says whose it is. In the language
    being spoken.

    Raises Unsafe for a file that may not be opened, or that this cannot be done to (`workbook.cannot_hand_back`).
    """
    try:
        made: bytes = foreign("tienbo.papers.workbook.returning:handed_back", data, list(remarks), str(heading))
    except Overrun as over:
        raise Unsafe(over.code("workbook.too_heavy"), why=over.why) from over
    return made


def handed_back(data: bytes, remarks: Sequence[Remark], heading: str) -> bytes:
    """In the process apart."""
    if screen(data).format != "xlsx":
        raise Unsafe("workbook.cannot_hand_back")
    screen_whole(data)
    try:
        book = load_workbook(BytesIO(data))
    except Exception as broken:  # what a dozen programs write as xlsx fails in a hundred ways
        raise Unsafe("workbook.cannot_hand_back") from broken
    _take_out_ours(book)
    placed = _comment(book, remarks)
    _list(book, remarks, placed, heading)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        _Written(book, archive).save()
    return out.getvalue()


class _Written(ExcelWriter):  # type: ignore[misc]
    """openpyxl puts each sheet into a file of its own on its way into the workbook; there are no files here."""

    def write_worksheet(self, ws: Worksheet) -> None:
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images
        made = BytesIO()
        writer = WorksheetWriter(ws, made)
        writer.write()
        ws._rels = writer._rels
        self._archive.writestr(ws.path[1:], made.getvalue())
        self.manifest.append(ws)


def begin() -> None:
    """A little of it, so that all it needs is loaded."""
    book, out = Workbook(), BytesIO()
    book.active["A1"] = "1"
    book.active["A1"].comment = Comment("1", "")
    book.save(out)
    handed_back(out.getvalue(), [Remark("Sheet!A1", "1"), Remark("Sheet!B1", "1")], "1")


def _take_out_ours(book: Workbook) -> None:
    """What an earlier handing back put in."""
    for sheet in list(book.worksheets):
        if sheet["A1"].value == LIST_MARKER:
            book.remove(sheet)
            continue
        for row in sheet.iter_rows():
            for cell in row:
                if not isinstance(cell, MergedCell) and cell.comment is not None and cell.comment.author == AUTHOR:
                    theirs = cell.comment.text.partition(_THEIRS)[2]
                    cell.comment = Comment(theirs, "") if theirs else None


def _comment(book: Workbook, remarks: Sequence[Remark]) -> Mapping[int, str]:
    """Write the comments. Returns index of remark → address of its cell, of those that have one."""
    cells: dict[tuple[str, str], list[int]] = {}
    for index, remark in enumerate(remarks):
        found = _CELL.fullmatch(remark.place)
        if found is not None and found["sheet"] in book.sheetnames:
            cells.setdefault((found["sheet"], _first(book[found["sheet"]], found["cell"])), []).append(index)
    placed: dict[int, str] = {}
    for (name, address), indices in cells.items():
        cell = book[name][address]
        said = "\n".join(f"{_(_LEVELS[remarks[one].level])}: {remarks[one].sentence}" for one in indices)
        theirs = f"{_THEIRS}{cell.comment.text}" if cell.comment is not None else ""
        said = said[:_MOST] + theirs
        lines = said.count("\n") + len(said) / 44 + 1
        cell.comment = Comment(said, AUTHOR, height=int(min(lines, 16) * 18 + 12), width=330)
        placed |= dict.fromkeys(indices, address)
    return placed


def _first(sheet: Worksheet, address: str) -> str:
    """The cell itself, or the first one of the merged cells it lies in, which alone can hold a comment."""
    for merged in sheet.merged_cells.ranges:
        if address in merged:
            left, top, _right, _bottom = range_boundaries(str(merged))
            return str(sheet.cell(row=int(top or 1), column=int(left or 1)).coordinate)
    return address


def _list(book: Workbook, remarks: Sequence[Remark], placed: Mapping[int, str], heading: str) -> None:
    """The first sheet: every remark with a link to its cell."""
    sheet = book.create_sheet(_name(book), 0)
    sheet["A1"] = LIST_MARKER
    sheet.column_dimensions["A"].hidden = True
    sheet.row_dimensions[1].hidden = True
    for column, width in (("B", 5), ("C", 24), ("D", 90), ("E", 16)):
        sheet.column_dimensions[column].width = width
    line = Side(style="thin", color="BFC6CE")
    box, wrapped = Border(line, line, line, line), Alignment(wrap_text=True, vertical="top")
    _put(sheet, "B2", _("What is to be looked at in this workbook"), Font(name=FONT, size=14, bold=True))
    _put(sheet, "B3", heading, Font(name=FONT, size=12))
    errors = sum(remark.level is Level.ERROR for remark in remarks)
    how = _("Correct the cells marked below ({errors} of {count} must be corrected), save the file and send it again.")
    _put(sheet, "B4", how.format(errors=errors, count=len(remarks)), Font(name=FONT, size=11, italic=True))
    heads = (("B", _("No.")), ("C", _("Place")), ("D", _("What is to be looked at")), ("E", _("Level")))
    for column, words in heads:
        cell = _put(sheet, f"{column}6", words, Font(name=FONT, size=11, bold=True))
        cell.fill, cell.border, cell.alignment = PatternFill("solid", fgColor="E4ECF4"), box, wrapped
    for index, remark in enumerate(remarks):
        row = 7 + index
        told = (("B", index + 1), ("C", remark.place), ("D", remark.sentence), ("E", _(_LEVELS[remark.level])))
        for column, value in told:
            cell = _put(sheet, f"{column}{row}", value, Font(name=FONT, size=11))
            cell.border, cell.alignment = box, wrapped
        sheet[f"E{row}"].fill = PatternFill("solid", fgColor=_FILLS[remark.level])
        if index in placed:
            name = remark.place.rpartition("!")[0].replace("'", "''")
            sheet[f"C{row}"].hyperlink = f"#'{name}'!{placed[index]}"
            sheet[f"C{row}"].font = Font(name=FONT, size=11, underline="single", color="165280")
    sheet.freeze_panes = "A7"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
    for other in book.worksheets:
        other.sheet_view.tabSelected = other is sheet
    book.active = 0


def _put(sheet: Worksheet, address: str, value: object, font: Font) -> Any:
    cell = sheet[address]
    # A sentence quotes what somebody typed: it is text whatever it begins with, never a formula.
    cell.value, cell.font = _clean(value) if isinstance(value, str) else value, font
    if isinstance(value, str):
        cell.data_type = "s"
    return cell


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", " ", text)


def _name(book: Workbook) -> str:
    """What the tab says, unless another sheet says it already."""
    wanted, count = str(_("To look at"))[:28], 1
    name = wanted
    while name.casefold() in {one.casefold() for one in book.sheetnames}:
        count += 1
        name = f"{wanted} {count}"
    return name
