"""A form as a workbook: what a unit is asked, in the look of an official form, with keys to read it back by."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import IO

from xlsxwriter import Workbook

from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import speaking
from tienbo.core.periods import Period
from tienbo.papers.workbook import faults as _worded  # noqa: F401 - the sentence of the code used here
from tienbo.papers.workbook.design import (
    LAYOUT_VERSION,
    META_KEYS,
    META_MARKER,
    META_SHEET,
    Design,
    design,
    integrity_code,
)
from tienbo.papers.workbook.sheet import SheetWriting
from tienbo.papers.workbook.styles import FONT, SIZE, Styles
from tienbo.papers.workbook.subject import UnitHeader, Writing

CELL_TEXT_LIMIT = 32_767
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "default_format_properties": {"font_name": FONT, "font_size": SIZE},  # widths of columns are counted in its digits
}
_MADE_ON = datetime(2000, 1, 1)


def workbook_write(
    path_or_buffer: str | Path | IO[bytes],
    *,
    edition: Edition,
    form: str,
    period: Period,
    unit: UnitHeader,
    seal: bytes,
    before: Content | None = None,
    content: Content | None = None,
    illustrative: bool = False,
    lang: str = "vi",
) -> None:
    """Write the workbook of a form for one unit and half-year (xlsx).

    `before` is the unit's last return: its figures stand in grey beside, and where it had estimates the official
    figure is asked for. `content` fills the cells. Equal input gives equal bytes. Raises Refused for a text that
    is longer than a cell can hold (`workbook.text_too_long`).
    """
    made = design(edition, form, period)
    _refuse_long_texts(made, content)
    with speaking(lang):
        where = str(path_or_buffer) if isinstance(path_or_buffer, Path) else path_or_buffer
        book = Workbook(where, deepcopy(_OPTIONS))  # the library writes into the options it is given
        book.set_properties({"title": str(made.layout.form.title), "created": _MADE_ON})
        writing = Writing(
            edition, made, unit, edition.calendar.span(period), before, content, illustrative, book, Styles(book)
        )
        names: set[str] = set()
        for sheet in made.sheets:
            SheetWriting(writing, sheet, book.add_worksheet(_sheet_name(sheet.name, names))).write()
        _write_meta(writing, seal)
        book.close()


def _refuse_long_texts(made: Design, content: Content | None) -> None:
    texts = content.texts if content else {}
    long = [code for code, text in texts.items() if len(text) > CELL_TEXT_LIMIT]
    if long:
        raise Refused(
            *(
                Fault("workbook.text_too_long", "", {"label": made.layout.texts[code].label, "limit": CELL_TEXT_LIMIT})
                for code in long
            )
        )


def _sheet_name(number: str, taken: set[str]) -> str:
    """A name a spreadsheet accepts, and that no other sheet has."""
    plain = number.translate(str.maketrans("[]:*?/\\", "-------"))[:28].strip("'") or "1"
    name, count = plain, 1
    while name.casefold() in taken:
        count += 1
        name = f"{plain} {count}"
    taken.add(name.casefold())
    return name


def _write_meta(writing: Writing, seal: bytes) -> None:
    made, unit, edition = writing.form, writing.unit, fingerprint(writing.edition)
    said = {
        "layout": LAYOUT_VERSION,
        "form": made.layout.form.code,
        "edition": edition,
        "unit": unit.key,
        "unit_name": unit.name,
        "period": made.layout.period.code,
        "code": integrity_code(seal, made, edition=edition, unit=unit.key),
    }
    sheet = writing.book.add_worksheet(META_SHEET)
    for row, key in enumerate(META_KEYS):
        sheet.write_string(row, 0, META_MARKER + key)
        sheet.write_string(row, 1, said[key])
    sheet.protect("", {})
    sheet.very_hidden()
