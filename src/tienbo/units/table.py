"""Reading the official table that converts communes of before 1/7/2025 into those from then on, as published.

One row says what of an old commune went into a new one, in the words of its note. The notes are spelled in many ways
and are read by their words, not compared with a list; one that cannot be read is a fault. A file with a column
`relation` (a table that was worked over) says the extent itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tienbo.core.disk import DiskReason
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.separated import separated
from tienbo.core.words import clean, fold
from tienbo.papers.workbook.opening import sheets_opened
from tienbo.papers.workbook.safety import Unsafe
from tienbo.units.models import Extent

worded(
    {
        "units.table.unreadable": N_("{place}: the table cannot be read: {reason}"),
        "units.table.no_columns": N_("{place}: no row names the columns of a conversion table; missing: {columns}."),
        "units.table.note": N_("{place}: the note “{note}” does not say how much of {old} went to {new}."),
        "units.table.no_code": N_("{place}: “{text}” is not the code of a commune."),
    }
)

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "new_province": ("tinh, thanh pho", "new_province"),
    "new_name": ("ten xa moi", "new_name"),
    "new": ("ma xa moi", "new_code"),
    "old_name": ("ten xa cu", "old_name"),
    "old": ("ma xa cu", "old_code"),
    "note": ("ghi chu", "note_vi"),
    "relation": ("relation",),
    "old_province": ("tinh cu", "old_province"),
}
"""What a row tells → headings it stands under, folded: of the table as published, and as worked over."""
_NEEDED = ("new", "old")
_MERGED = ("new_province", "new_name", "new")
"""Cells that a table may join over the rows of one new commune."""
_HEADINGS_WITHIN = 12


class TableRow(NamedTuple):
    """A row of the table. `old` is the code as written ("" where there is none); provinces are codes, "" if untold."""

    number: int
    old: str
    old_name: str
    old_province: str
    new: str
    new_name: str
    new_province: str
    note: str
    extent: str
    place: str


@dataclass(frozen=True)
class Table:
    name: str
    rows: tuple[TableRow, ...]
    faults: tuple[Fault, ...]


def table_read(path: Path) -> Table:
    """The rows of an xlsx, xls, ods or csv file and what is wrong with single rows; Refused when it is none."""
    try:
        data = path.read_bytes()
    except OSError as broken:
        raise Refused(Fault("units.table.unreadable", path.name, {"reason": DiskReason.of(broken)})) from broken
    lines = list(sheet_lines(data, path.name))
    heading, columns = _headings(lines, path.name)
    rows: list[TableRow] = []
    faults: list[Fault] = []
    above: dict[str, str] = {}
    for number, line in enumerate(lines[heading + 1 :], start=heading + 2):
        told = {name: line[at] if at < len(line) else "" for name, at in columns.items()}
        if not any(told[name] for name in ("old", "old_name", "note", "relation") if name in told):
            continue  # empty, or the title of a province
        if not told["new"]:
            told.update({name: above.get(name, "") for name in _MERGED if name in told})
        above = told
        row, wrong = _row(number, told, f"{path.name}:{number}")
        rows.append(row)
        faults += wrong
    return Table(path.name, tuple(rows), tuple(faults))


def sheet_lines(data: bytes, name: str) -> Iterator[list[str]]:
    """The lines of the first sheet of an xlsx, xls or ods file, or of a csv, as texts; blanks at the ends and doubled
    blanks are gone. Refused for what is neither, and for what could harm (a zip bomb, macros)."""
    if data[:4] == b"PK\x03\x04" or data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        try:
            sheets = sheets_opened(data)
        except Unsafe as unsafe:
            raise Refused(unsafe.fault(name)) from unsafe
        lines: Iterable[Sequence[Any]] = sheets[0].grid if sheets else ()
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as broken:
            raise Refused(Fault("units.table.unreadable", name, {"reason": broken.reason})) from broken
        first = text[:4000]
        lines = separated(text, ";" if first.count(";") > first.count(",") else ",")
    for line in lines:
        yield [_text(cell) for cell in line]


def _text(cell: object) -> str:
    """A cell as text. A code that a program took for a number has lost its leading zeros; `_code` gives them back."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return clean(str(cell))


def _headings(lines: Sequence[Sequence[str]], name: str) -> tuple[int, dict[str, int]]:
    """The line of the headings and the column of each thing told."""
    best: dict[str, int] = {}
    for at, line in enumerate(lines[:_HEADINGS_WITHIN]):
        folded = {fold(cell): column for column, cell in reversed(list(enumerate(line)))}
        found = {
            told: folded[heading] for told, headings in _COLUMNS.items() for heading in headings if heading in folded
        }
        if all(told in found for told in _NEEDED) and ("note" in found or "relation" in found):
            return at, found
        best = max(best, found, key=len)
    missing = [_COLUMNS[told][0] for told in (*_NEEDED, "note") if told not in best]
    raise Refused(Fault("units.table.no_columns", name, {"columns": ", ".join(missing)}))


def _row(number: int, told: Mapping[str, str], place: str) -> tuple[TableRow, list[Fault]]:
    faults = []
    old, new = _code(told["old"]), _code(told["new"])
    for written, code, may_lack in ((told["old"], old, True), (told["new"], new, False)):
        if code is None or not (code or may_lack):
            faults.append(Fault("units.table.no_code", place, {"text": written}))
    note = told.get("note", "")
    extent = _relation(told["relation"]) if told.get("relation") else extent_of(note)
    if extent is None:
        fields = {"note": note or told.get("relation", ""), "old": told.get("old_name") or told["old"]}
        faults.append(Fault("units.table.note", place, {**fields, "new": told.get("new_name") or told["new"]}))
    row = TableRow(
        number=number,
        old=old or "",
        old_name=told.get("old_name", ""),
        old_province=_province(told.get("old_province", "")),
        new=new or "",
        new_name=told.get("new_name", ""),
        new_province=_province(told.get("new_province", "")),
        note=note,
        extent=extent or "",
        place=place,
    )
    return row, faults


def _code(text: str) -> str | None:
    """Five digits of a commune, "D" and the three of a district, "" for none; None for anything else."""
    if re.fullmatch(r"\d{1,5}", text):
        return text.zfill(5)
    district = re.fullmatch(r"D(\d{3})(-.*)?", text)
    if district:
        return text
    return "" if text in ("", "-") else None


def _province(text: str) -> str:
    """ "Thành phố Hà Nội (01)" and "01" → "01"."""
    found = re.search(r"\((\d{1,2})\)\s*$", text) or re.fullmatch(r"(\d{1,2})", text)
    return found[1].zfill(2) if found else ""


def _relation(text: str) -> str | None:
    return text if text in {Extent.WHOLE, *_PARTS} else None


_PARTS = (Extent.PART, Extent.AREA_ONLY, Extent.AREA_PART_POP_ALL, Extent.POP_PART, Extent.AREA_ALL)
_SAME = ("giu nguyen", "nguyen trang", "doi loai hinh", "doi ten", "khong sap xep")
"""Notes of a commune to which nothing was joined; whether it is the same unit, the map says."""


def extent_of(note: str) -> str | None:
    """What a note says, by its words: "Nhập một phần diện tích, toàn bộ dân số" → area_part_pop_all. None: nothing."""
    words = re.sub(r"\b1 phan\b", "mot phan", fold(note))
    if words.startswith(_SAME):
        return Extent.WHOLE
    area = _amount(words, "dien tich")
    persons = _amount(words, "(?:quy mo )?dan so")
    if (area, persons) != (None, None):
        return {
            ("all", "all"): Extent.WHOLE,
            ("part", "all"): Extent.AREA_PART_POP_ALL,
            (None, "all"): Extent.AREA_PART_POP_ALL,
            ("all", "part"): Extent.AREA_ALL,
            ("all", None): Extent.AREA_ALL,
            ("part", None): Extent.AREA_ONLY,
            (None, "part"): Extent.POP_PART,
            ("part", "part"): Extent.PART,
        }[area, persons]
    if "mot phan" in words or "phan con lai" in words:
        return Extent.PART
    return Extent.WHOLE if "toan bo" in words else None


def _amount(words: str, measure: str) -> str | None:
    """Whether all or a part of a measure is named. "Toàn bộ diện tích, dân số": what is listed shares its amount."""
    found = re.search(rf"(toan bo|mot phan|phan con lai)((?!toan bo|mot phan|phan con lai).)*?\b{measure}\b", words)
    if found is None:
        return None
    return "all" if found[1] == "toan bo" else "part"
