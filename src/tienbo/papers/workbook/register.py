"""A unit's register as a workbook and back: a line a record, to enter many at once with no connection.

Every line has a key in the hidden column A, those of the blank lines below made beforehand, and beside it the version
of the record that it was made of: so a line may be sorted, moved and sent twice, and what was changed in it is told
from what was not. The sheet is not locked: people sort and filter it.

What repeats within a record has a sheet of its own, a line a row: it has the key of the row and of its record hidden
before it, and the number of the record's line, by which a new row says whose it is.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from xlsxwriter import Workbook

from tienbo.catalogue.definitions import RegisterField, RegisterKind
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_, speaking
from tienbo.core.messages import gettext as _
from tienbo.core.words import clean, fold, nfc
from tienbo.papers.workbook import faults as _worded  # noqa: F401 - the sentences of unsafe files
from tienbo.papers.workbook.cells import pairs, text_of
from tienbo.papers.workbook.columns import WIDTHS, Columns, answer_read
from tienbo.papers.workbook.design import META_MARKER, META_SHEET
from tienbo.papers.workbook.opening import OpenedSheet, sheets_opened
from tienbo.papers.workbook.plan import cell_name
from tienbo.papers.workbook.safety import Unsafe
from tienbo.papers.workbook.styles import FONT, SIZE, Styles

LAYOUT = "register-1"
MARKER, ROWS_MARKER = "tienbo_register|", "tienbo_register_rows|"
META = ("layout", "register", "definition", "unit", "unit_name", "book", "code")
SHEET = "Sổ"
STATE, VERSION, NUMBER, RECORD, TITLE = "state|", "version|", "number|", "record|", "title|"
"""Keys of columns that are no fields: theirs have no stroke."""
HEAD = "head|"
"""The key of the row of headings: what stands above it is no line."""
COLUMN_KINDS = frozenset(WIDTHS)
BLANKS = 200
"""Blank lines below those that are there."""
ROW_BLANKS = 300
"""Blank lines of a sheet of rows."""
MOST = 5_000
"""Lines of records in one workbook."""
_HEAD_ROW = 5
_MADE_ON = datetime(2000, 1, 1)
_SEARCHED = 12

worded(
    {
        "register_book.not_ours": N_(
            "This is not a workbook of a register handed out by the system. Take the workbook of the register and "
            "enter into it."
        ),
        "register_book.other_layout": N_(
            "The workbook was handed out by another version of the system. Take it again and copy the lines into it."
        ),
        "register_book.seal_broken": N_(
            "The hidden keys of the workbook were changed. Take it again and copy the lines into it."
        ),
        "register_book.other_register": N_("The workbook is of the register “{got}”, but “{expected}” was expected."),
        "register_book.other_unit": N_("The workbook is that of {got}, but {expected} was expected."),
        "register_book.other_definition": N_(
            "The register “{register}” asks otherwise than when the workbook was handed out. Take it again and copy "
            "the lines into it."
        ),
        "register_book.sheet_missing": N_("The sheet of the register is missing. Take the workbook again."),
        "register_book.sheet_twice": N_("This is a copy of the sheet “{first}”. Delete one of the two."),
        "register_book.column_missing": N_(
            "The column “{label}” is missing. Take the workbook again and copy the lines into it."
        ),
        "register_book.column_twice": N_("The column “{label}” is here twice. Delete the copy."),
        "register_book.row_twice": N_(
            "This line is a copy of line {first}. Copy what it says into a blank line of the workbook; delete this one."
        ),
        "register_book.no_key": N_(
            "“{text}” stands in a line that is none of the workbook's. Move it into one of its blank lines."
        ),
        "register_book.beside": N_(
            "“{text}” stands in a column that is none of the workbook's and would be lost. Move it into one of its "
            "columns, or delete it."
        ),
        "register_book.error_cell": N_("The cell shows an error. Enter what it should say."),
        "register_book.no_result": N_("The formula has no result. Enter what it should say."),
        "register_book.merged": N_("Cells were merged into one ({range}). Unmerge them and fill in each line."),
        "register_book.whose_row": N_(
            "Say in the column “{column}” which line of the sheet “{sheet}” this belongs to: its number there."
        ),
        "register_book.no_such_line": N_("The sheet “{sheet}” has no line with the number “{text}”, or more than one."),
        "register_book.row_of_another": N_(
            "This row is of line {number}. To move it to another, copy it into a blank line and blank this one."
        ),
        "register_book.line_gone": N_(
            "The line of the sheet “{sheet}” that this belongs to is gone. Put it back, or blank this one."
        ),
        "register_book.unknown_state": N_("“{text}” is not in the list of states. Choose from the list."),
    }
)


def sheet_fields(kind: RegisterKind) -> tuple[RegisterField, ...]:
    """The fields of a register that have a column."""
    return tuple(field for field in kind.asked if field.kind in COLUMN_KINDS)


def rows_fields(kind: RegisterKind) -> tuple[RegisterField, ...]:
    """The fields of a register that have a sheet of their own."""
    return tuple(field for field in kind.asked if field.kind == "rows")


def definition_mark(kind: RegisterKind) -> str:
    """What tells one definition of a register from another: a workbook is read by the one it was made with, whatever
    else of the pack has changed since."""
    said = json.dumps(kind.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def _code(seal: bytes, said: Mapping[str, str]) -> str:
    text = "\n".join(said.get(name, "") for name in META if name not in ("code", "unit_name"))
    return hmac.new(seal, text.encode(), hashlib.sha256).hexdigest()


# ------------------------------------------------------------------------------------------------------ writing


class BookLine(NamedTuple):
    """A line to write: the key of a record, the version it is made of (0: not entered yet), its state, what it says
    (address → text, also of its rows)."""

    key: str
    version: int = 0
    state: str = ""
    data: Mapping[str, str] = {}


def register_write(
    where: str | Path | IO[bytes],
    *,
    kind: RegisterKind,
    unit: str,
    unit_name: str,
    about: str,
    book: str,
    seal: bytes,
    lines: Sequence[BookLine],
    new_rows: Mapping[str, Sequence[str]] = {},
    units: Sequence[str] = (),
    named: Mapping[str, Sequence[str]] = {},
    illustrative: bool = False,
    lang: str = "vi",
) -> None:
    """Write a unit's register (xlsx). `about` says of which time, `book` is the key of this workbook, `units` are the
    names that a field for a unit offers, `named` what a field that names records does; either stands in `data` by its
    name. `new_rows` are keys for the blank
    lines of each field of rows. Equal input gives equal bytes."""
    with speaking(lang):
        options: dict[str, Any] = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "default_format_properties": {"font_name": FONT, "font_size": SIZE},
        }
        made = Workbook(str(where) if isinstance(where, Path) else where, options)
        made.set_properties({"title": str(kind.name), "created": _MADE_ON})
        writing = _Writing(made, Columns(made, Styles(made), kind, units), kind, lines)
        writing.columns.more = named
        writing.sheet(unit_name, about, illustrative)
        for one in rows_fields(kind):
            writing.rows(one, new_rows.get(one.code, ()))
        writing.columns.lists_write()
        said = {
            "layout": LAYOUT,
            "register": kind.code,
            "definition": definition_mark(kind),
            "unit": unit,
            "unit_name": unit_name,
            "book": book,
        }
        meta = made.add_worksheet(META_SHEET)
        for row, name in enumerate(META):
            meta.write_string(row, 0, META_MARKER + name)
            meta.write_string(row, 1, said.get(name) or _code(seal, said))
        meta.very_hidden()
        made.close()


class _Writing:
    """One workbook being written."""

    def __init__(self, book: Any, columns: Columns, kind: RegisterKind, lines: Sequence[BookLine]) -> None:
        self.book, self.columns, self.kind, self.lines = book, columns, kind, lines
        self.styles = columns.styles
        self.fields = sheet_fields(kind)

    def sheet(self, unit_name: str, about: str, illustrative: bool) -> None:
        page, styles = self.book.add_worksheet(SHEET), self.styles
        last = len(self.fields) + 3
        page.set_row(0, 3, None, {"hidden": True})
        keys = (MARKER + self.kind.code, VERSION, NUMBER, *(one.code for one in self.fields), STATE)
        for column, key in enumerate(keys):
            page.write_string(0, column, key)
        page.set_column(0, 1, 2, None, {"hidden": True})
        page.set_column(2, 2, 5)
        page.write_string(1, 2, str(self.kind.name), styles["title_left"])
        page.write_string(2, 2, f"{unit_name} – {about}", styles["mast_bold_left"])
        notice = _("Illustrative figures") + ". " if illustrative else ""
        how = _(
            "One line is one record; new ones go into the blank lines below. Columns marked * are always filled in. "
            "To change the state, choose another in the last column. Deleting a line here takes nothing out of the "
            "register. Save the file and send it on the page of the register."
        )
        page.write_string(3, 2, notice + how, styles["help_left"])
        page.set_row(_HEAD_ROW, 62)
        page.write_string(_HEAD_ROW, 0, HEAD)
        page.write_string(_HEAD_ROW, 2, _("No."), styles["head"])
        first, end = _HEAD_ROW + 1, _HEAD_ROW + len(self.lines)
        for column, one in enumerate(self.fields, 3):
            self.columns.head(page, _HEAD_ROW, column, one, end)
        page.write_string(_HEAD_ROW, last, _("State"), styles["head"])
        page.set_column(last, last, 20)
        states = [str(one.name) for one in self.kind.states]
        self.columns.offer(page, states, (first, end, last), _("State"), "", "stop")
        for number, line in enumerate(self.lines, 1):
            self._line(page, _HEAD_ROW + number, number, line, last)
        page.autofilter(_HEAD_ROW, 0, max(end, first), last)
        page.freeze_panes(_HEAD_ROW + 1, 4)
        page.set_landscape()
        page.set_paper(8)  # A3: nineteen columns cannot be read on A4
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
        page.fit_to_pages(1, 0)
        page.repeat_rows(_HEAD_ROW)
        page.print_area(1, 2, _HEAD_ROW + sum(bool(line.version) for line in self.lines) + 5, last)
        page.ignore_errors({"number_stored_as_text": "A1:ZZ9999"})

    def _line(self, page: Any, row: int, number: int, line: BookLine, last: int) -> None:
        page.write_string(row, 0, line.key)
        if line.version:
            page.write_number(row, 1, line.version)
        page.write_number(row, 2, number, self.styles["number"])
        for column, one in enumerate(self.fields, 3):
            self.columns.cell(page, row, column, one, line.data.get(one.code, ""))
        state = next((str(one.name) for one in self.kind.states if one.code == line.state), "")
        if state:
            page.write_string(row, last, state, self.styles["choice"])
        else:
            page.write_blank(row, last, None, self.styles["choice"])

    def rows(self, field: RegisterField, new: Sequence[str]) -> None:
        """The sheet of a field of rows: those there are, then blank lines."""
        page, styles = self.book.add_worksheet(_sheet_name(self.book, str(field.label))), self.styles
        said = [(number, line, row) for number, line in enumerate(self.lines, 1) for row in _row_keys(field, line.data)]
        end = _HEAD_ROW + len(said) + len(new)
        page.set_row(0, 3, None, {"hidden": True})
        keys = (ROWS_MARKER + field.code, RECORD, NUMBER, TITLE, *(one.code for one in field.asked_columns))
        for column, key in enumerate(keys):
            page.write_string(0, column, key)
        page.set_column(0, 1, 2, None, {"hidden": True})
        page.set_column(2, 2, 7)
        page.set_column(3, 3, 28)
        page.write_string(1, 2, f"{self.kind.name} – {field.label}", styles["title_left"])
        how = _(
            "One line is one row. In a blank line write the number of the record's line in the sheet “{sheet}”. To "
            "take a row out, blank its cells."
        )
        page.write_string(3, 2, how.format(sheet=SHEET), styles["help_left"])
        page.set_row(_HEAD_ROW, 48)
        page.write_string(_HEAD_ROW, 0, HEAD)
        page.write_string(_HEAD_ROW, 2, _("Line number"), styles["head"])
        page.write_string(_HEAD_ROW, 3, str(self.kind.by_code[self.kind.title].label), styles["head"])
        for column, one in enumerate(field.asked_columns, 4):
            self.columns.head(page, _HEAD_ROW, column, one, end)
        at = _HEAD_ROW
        for number, line, row in said:
            at += 1
            page.write_string(at, 0, row)
            page.write_string(at, 1, line.key)
            page.write_number(at, 2, number, styles["number"])
            page.write_string(at, 3, line.data.get(self.kind.title, ""), styles["name_before"])
            for column, one in enumerate(field.asked_columns, 4):
                self.columns.cell(page, at, column, one, line.data.get(f"{field.code}/{row}/{one.code}", ""))
        for row in new:
            at += 1
            page.write_string(at, 0, row)
            page.write_blank(at, 2, None, styles["count"])
            page.write_blank(at, 3, None, styles["name_before"])
            for column, one in enumerate(field.asked_columns, 4):
                self.columns.cell(page, at, column, one, "")
        page.autofilter(_HEAD_ROW, 0, max(end, _HEAD_ROW + 1), len(keys) - 1)
        page.freeze_panes(_HEAD_ROW + 1, 4)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.ignore_errors({"number_stored_as_text": "A1:ZZ9999"})


def _row_keys(field: RegisterField, data: Mapping[str, str]) -> list[str]:
    """Keys of the rows that a record has, in their order."""
    return sorted({at.split("/")[1] for at in data if at.startswith(f"{field.code}/") and data[at]})


def _sheet_name(book: Any, label: str) -> str:
    """A name for a sheet: what a workbook allows of the label, and none that is there."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", label).strip()[:28] or "…"
    there = {sheet.get_name().casefold() for sheet in book.worksheets()}
    return next(name for name in (plain, *(f"{plain} {n}" for n in range(2, 99))) if name.casefold() not in there)


# ------------------------------------------------------------------------------------------------------ reading


@dataclass(frozen=True, slots=True)
class LineRead:
    """A line that came back. `typed` is address → text, answers by their code, also of its rows in other sheets;
    `places` address → cell. `state` is the code of a state, "" where none stands there."""

    key: str
    version: int
    place: str
    typed: dict[str, str]
    places: dict[str, str]
    state: str
    number: str = ""
    """Its number in the sheet, as it stands there."""

    @property
    def is_blank(self) -> bool:
        return not (self.version or self.state or any(self.typed.values()))

    def placed(self, code: str) -> str:
        """Where a field stands, or the state, or the line itself."""
        return self.places.get(code, self.place)


@dataclass(slots=True)
class BookRead:
    """What a workbook of a register says, and what is wrong with it as a file."""

    unit: str = ""
    book: str = ""
    kind: RegisterKind | None = None
    lines: list[LineRead] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def register_read(
    data: bytes,
    *,
    name: str,
    kinds: Mapping[str, RegisterKind],
    seal: bytes,
    register: str = "",
    unit: str = "",
    unit_name: str = "",
) -> BookRead:
    """Read a workbook of a register (xlsx, xls, ods). `register` (a code) and `unit` (a key; `unit_name` for the
    sentence) are what is expected, where something is. Every fault of the file at once; never raises for what a file
    may hold."""
    try:
        sheets = sheets_opened(data)
    except Unsafe as unsafe:
        return BookRead(faults=[unsafe.fault(name)])
    meta = _meta(sheets)
    read = BookRead(unit=meta.get("unit", ""), book=meta.get("book", ""), kind=kinds.get(meta.get("register", "")))
    read.faults += _misfits(meta, read, name, kinds, seal, register, unit, unit_name)
    if read.kind is not None and not read.faults:
        _read_lines(read, read.kind, sheets, name)
    return read


def _meta(sheets: Sequence[OpenedSheet]) -> dict[str, str]:
    for sheet in reversed(sheets):
        for row in sheet.grid[:3]:
            if any(isinstance(value, str) and value.startswith(META_MARKER) for value in row):
                return pairs(sheet.grid)
    return {}


def _misfits(
    meta: Mapping[str, str],
    read: BookRead,
    name: str,
    kinds: Mapping[str, RegisterKind],
    seal: bytes,
    register: str,
    unit: str,
    unit_name: str,
) -> Iterator[Fault]:
    """Why a workbook is not the one that was expected. The first that cannot be got over is told alone."""
    if "register" not in meta:
        yield Fault("register_book.not_ours", name)
    elif meta.get("layout") != LAYOUT:
        yield Fault("register_book.other_layout", name)
    elif not hmac.compare_digest(_code(seal, meta).encode(), meta.get("code", "").encode()):
        yield Fault("register_book.seal_broken", name)
    elif read.kind is None:
        yield Fault("register_book.other_definition", name, {"register": meta["register"]})
    else:
        if register and register != read.kind.code:
            fields = {"got": read.kind.name, "expected": kinds[register].name}
            yield Fault("register_book.other_register", name, fields)
        if unit and unit != read.unit:
            got = meta.get("unit_name") or read.unit
            yield Fault("register_book.other_unit", name, {"got": got, "expected": unit_name or unit})
        if meta.get("definition") != definition_mark(read.kind):
            yield Fault("register_book.other_definition", name, {"register": read.kind.name})


def _read_lines(read: BookRead, kind: RegisterKind, sheets: Sequence[OpenedSheet], name: str) -> None:
    found = [(sheet, corner) for sheet in sheets if (corner := _corner(sheet)) is not None]
    if not found:
        read.faults.append(Fault("register_book.sheet_missing", name))
        return
    read.faults += [Fault("register_book.sheet_twice", one.name, {"first": found[0][0].name}) for one, _at in found[1:]]
    sheet, (top, left) = found[0]
    fields = sheet_fields(kind)
    labels: dict[str, object] = {one.code: one.label for one in fields} | {STATE: N_("State"), VERSION: VERSION}
    columns: dict[str, int] = {}
    for column, key in enumerate(sheet.grid[top]):
        if key in labels and key in columns:
            where = f"{sheet.name}!{cell_name(top, column)}"
            read.faults.append(Fault("register_book.column_twice", where, {"label": _spoken(labels[str(key)])}))
        elif key in labels:
            columns[str(key)] = column
    missing = [labels[key] for key in labels if key not in columns]
    read.faults += [Fault("register_book.column_missing", sheet.name, {"label": _spoken(one)}) for one in missing]
    if missing:
        return
    _refuse_merged(read, sheet, top, frozenset(columns.values()))
    seen: dict[str, int] = {}
    heads = [row for row, cells in enumerate(sheet.grid) if left < len(cells) and cells[left] == HEAD]
    numbers = {column for column, key in enumerate(sheet.grid[top]) if key == NUMBER}
    _tell_beside(read, sheet, (heads[0] if heads else top) + 1, left, numbers.union(columns.values()))
    for row in range((heads[0] if heads else top) + 1, len(sheet.grid)):
        line = _line(read, kind, fields, sheet, row, top, left, columns)
        if line is None:
            continue
        if line.key in seen:
            fields_ = {"first": seen[line.key] + 1}
            read.faults.append(Fault("register_book.row_twice", line.place, fields_))
            continue
        seen[line.key] = row
        read.lines.append(line)
    for one in rows_fields(kind):
        for other in sheets:
            at = _corner(other, ROWS_MARKER + one.code)
            if at is not None:
                _Rows(read, one, other, sheet.name, *at).read()
                break


def _spoken(label: object) -> object:
    return _(label) if isinstance(label, str) else label


def _corner(sheet: OpenedSheet, marker: str = MARKER) -> tuple[int, int] | None:
    """Row and column of the keys of a sheet of ours."""
    for row, cells in enumerate(sheet.grid[:_SEARCHED]):
        for column, value in enumerate(cells[:_SEARCHED]):
            if isinstance(value, str) and (value == marker or (marker == MARKER and value.startswith(marker))):
                return row, column
    return None


class _Rows:
    """The sheet of a field of rows being read: each row is put to the line of its record."""

    def __init__(
        self, read: BookRead, field: RegisterField, sheet: OpenedSheet, lines: str, top: int, left: int
    ) -> None:
        self.found, self.field, self.sheet, self.lines, self.top, self.left = read, field, sheet, lines, top, left
        self.by_key = {line.key: line for line in read.lines}
        self.by_number: dict[str, list[LineRead]] = {}
        for line in read.lines:
            self.by_number.setdefault(line.number, []).append(line)
        self.columns = {text_of(key): column for column, key in enumerate(sheet.grid[top]) if isinstance(key, str)}

    def read(self) -> None:
        labels = {one.code: one.label for one in self.field.asked_columns}
        labels |= {RECORD: RECORD, NUMBER: N_("Line number")}  # type: ignore[dict-item]
        missing = [labels[code] for code in labels if code not in self.columns]
        for label in missing:
            fault = Fault("register_book.column_missing", self.sheet.name, {"label": _spoken(label)})
            self.found.faults.append(fault)
        if missing:
            return
        _refuse_merged(self.found, self.sheet, self.top, frozenset(self.columns.values()))
        heads = [
            row for row, cells in enumerate(self.sheet.grid) if self.left < len(cells) and cells[self.left] == HEAD
        ]
        ours = {RECORD, NUMBER, TITLE, *(one.code for one in self.field.asked_columns)}
        known = {column for key, column in self.columns.items() if key in ours}
        _tell_beside(self.found, self.sheet, (heads[0] if heads else self.top) + 1, self.left, known)
        seen: dict[str, int] = {}
        for row in range((heads[0] if heads else self.top) + 1, len(self.sheet.grid)):
            self._row(row, seen)

    def _row(self, row: int, seen: dict[str, int]) -> None:
        cells = self.sheet.grid[row]
        key = nfc(text_of(cells[self.left])) if self.left < len(cells) else ""
        if not key:
            named = {code: at for code, at in self.columns.items() if code in (one.code for one in self.field.columns)}
            _tell_stray(self.found, self.sheet, row, named)
            return
        if key in seen:
            self._tell("register_book.row_twice", row, NUMBER, first=seen[key] + 1)
            return
        seen[key] = row
        record, number = self._text(row, RECORD), self._text(row, NUMBER)
        typed = {one.code: self._cell(row, one) for one in self.field.asked_columns}
        if not record and not any(typed.values()):
            return
        line = self._line(row, record, number, any(typed.values()))
        if line is not None:
            for one in self.field.asked_columns:
                at = f"{self.field.code}/{key}/{one.code}"
                line.typed[at], line.places[at] = typed[one.code], self._place(row, one.code)

    def _line(self, row: int, record: str, number: str, says: bool) -> LineRead | None:
        """The line that a row belongs to; None, told, where that cannot be said."""
        if not record:
            held = self.by_number.get(number, [])
            if not number:
                column = _("Line number")
                self._tell("register_book.whose_row", row, NUMBER, column=column, sheet=self.lines)
            elif len(held) != 1:
                self._tell("register_book.no_such_line", row, NUMBER, sheet=self.lines, text=number[:20])
            return held[0] if number and len(held) == 1 else None
        line = self.by_key.get(record)
        if line is None:
            if says:
                self._tell("register_book.line_gone", row, NUMBER, sheet=self.lines)
        elif number and number != line.number:
            self._tell("register_book.row_of_another", row, NUMBER, number=line.number)
        return line

    def _cell(self, row: int, one: RegisterField) -> str:
        at = (row, self.columns[one.code])
        marks = self.sheet.marks
        wrong = "error_cell" if at in marks.errors else "no_result" if at in marks.uncalculated else ""
        if wrong:
            self._tell(f"register_book.{wrong}", row, one.code)
        return "" if wrong else answer_read(one, self._text(row, one.code))

    def _text(self, row: int, code: str) -> str:
        cells, column = self.sheet.grid[row], self.columns[code]
        return text_of(cells[column]) if column < len(cells) else ""

    def _place(self, row: int, code: str) -> str:
        return f"{self.sheet.name}!{cell_name(row, self.columns[code])}"

    def _tell(self, code: str, row: int, at: str, **fields: object) -> None:
        self.found.faults.append(Fault(code, self._place(row, at), fields))


def _refuse_merged(read: BookRead, sheet: OpenedSheet, top: int, columns: frozenset[int]) -> None:
    for (first, left), (last, right) in sheet.merged:
        inside = [column for column in columns if left <= column <= right]
        if first > top and inside and (last > first or len(inside) > 1):
            said = f"{cell_name(first, left)}:{cell_name(last, right)}"
            where = f"{sheet.name}!{cell_name(first, left)}"
            read.faults.append(Fault("register_book.merged", where, {"range": said}))


def _line(
    read: BookRead,
    kind: RegisterKind,
    fields: Sequence[RegisterField],
    sheet: OpenedSheet,
    row: int,
    top: int,
    left: int,
    columns: Mapping[str, int],
) -> LineRead | None:
    """A line of the sheet; None for one that has no key."""
    cells = sheet.grid[row]
    key = text_of(cells[left]) if left < len(cells) else ""
    places = {code: f"{sheet.name}!{cell_name(row, column)}" for code, column in columns.items()}
    if not key:
        _tell_stray(read, sheet, row, columns)
        return None
    typed: dict[str, str] = {}
    for code, column in columns.items():
        if code == VERSION:
            continue
        fault = (
            "register_book.error_cell"
            if (row, column) in sheet.marks.errors
            else "register_book.no_result"
            if (row, column) in sheet.marks.uncalculated
            else ""
        )
        if fault:
            read.faults.append(Fault(fault, places[code], {"field": code}))
        typed[code] = "" if fault else text_of(cells[column]) if column < len(cells) else ""
    version = text_of(cells[columns[VERSION]]) if columns[VERSION] < len(cells) else ""
    said = typed.pop(STATE)
    state = _state(kind, said)
    if said and not state:
        read.faults.append(Fault("register_book.unknown_state", places[STATE], {"text": said[:60]}))
    at = next((column for column, named in enumerate(sheet.grid[top]) if named == NUMBER), len(cells))
    return LineRead(
        key=nfc(key),
        version=int(version) if version.isascii() and version.isdecimal() and len(version) < 9 else 0,
        place=f"{sheet.name}!{row + 1}",
        typed={one.code: answer_read(one, typed[one.code]) for one in fields},
        places=places,
        state=state,
        number=text_of(cells[at]) if at < len(cells) else "",
    )


def _tell_stray(read: BookRead, sheet: OpenedSheet, row: int, columns: Mapping[str, int]) -> None:
    """What somebody wrote into a line that has no key is told, for it would be lost."""
    cells = sheet.grid[row]
    for code, column in columns.items():
        text = clean(text_of(cells[column])) if column < len(cells) and code != VERSION else ""
        if text:
            where = f"{sheet.name}!{cell_name(row, column)}"
            read.faults.append(Fault("register_book.no_key", where, {"text": text[:60]}))
            return


def _tell_beside(read: BookRead, sheet: OpenedSheet, first: int, left: int, ours: Collection[int]) -> None:
    """What somebody wrote beside the columns of a line is told, once a column, for it would be lost."""
    told = {left, *ours}
    for row, cells in enumerate(sheet.grid[first:], first):
        if left >= len(cells) or not text_of(cells[left]):
            continue
        for column, value in enumerate(cells):
            text = clean(text_of(value)) if column not in told and value != "" else ""
            if text:
                told.add(column)
                where = f"{sheet.name}!{cell_name(row, column)}"
                read.faults.append(Fault("register_book.beside", where, {"text": text[:60]}))


def _state(kind: RegisterKind, said: str) -> str:
    wanted = fold(clean(said))
    return next((one.code for one in kind.states if wanted and wanted in (fold(one.name.vi), fold(one.name.en))), "")
