"""What a person does to a workbook: fill it in, save it elsewhere, damage it. Cells are named by their keys."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter

from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import PACKS, Edition, read
from tienbo.catalogue.returns import Content
from tienbo.core.periods import Period
from tienbo.papers.workbook import Reading, UnitHeader, workbook_read, workbook_write
from tienbo.papers.workbook.design import Design, design, places_of

SEAL = b"a secret of the tests, 32 bytes."
H1, H2 = Period.parse("2026-H1"), Period.parse("2026-H2")
UNIT = UnitHeader("01J0UNIT", "UBND xã Yên Hạ", "Sở Nội vụ tỉnh Hòa Sơn", "12345")

Address = str
"""Of a figure "staff:women", of a row's "units.r01.staff" (also .name), else "row key@column key"."""


@lru_cache(maxsize=2)
def edition(name: str = "small") -> Edition:
    """The small form with one of everything, or the pack `vn`. Lint is the pack's own business."""
    made, faults = read(Path(__file__).parent / "pack" if name == "small" else PACKS / name)
    assert not faults, [fault.place for fault in faults]
    return made


def written(
    form: str = "small",
    period: Period = H1,
    *,
    pack: str = "small",
    content: Content | None = None,
    before: Content | None = None,
    unit: UnitHeader = UNIT,
    lang: str = "vi",
    seal: bytes = SEAL,
    illustrative: bool = False,
) -> bytes:
    out = BytesIO()
    workbook_write(
        out,
        edition=edition(pack),
        form=form,
        period=period,
        unit=unit,
        seal=seal,
        before=before,
        content=content,
        illustrative=illustrative,
        lang=lang,
    )
    return out.getvalue()


@lru_cache(maxsize=8)
def blank(form: str = "small", period: Period = H1, pack: str = "small") -> bytes:
    return written(form, period, pack=pack)


def reading(data: bytes, *, pack: str = "small", name: str = "tệp.xlsx", **expected: Any) -> Reading:
    held = edition(pack)
    options: dict[str, Any] = {"editions": {fingerprint(held): held}.get, "seal": SEAL, **expected}
    return workbook_read(data, name=name, **options)


def faults(data: bytes, **expected: Any) -> list[tuple[str, str]]:
    """(code, place) of everything found, in order, without the cells that were simply left blank."""
    found = reading(data, **expected).faults
    for fault in found:
        assert fault.sentence()
    return [(fault.code, fault.place) for fault in found if fault.code != "return.not_filled_in"]


def says(data: bytes, **expected: Any) -> dict[str, str]:
    """Figures by address as plain text, "~" before an estimate and "≥" before an at least."""
    content = reading(data, **expected).content
    assert content is not None
    sign = {"exact": "", "estimate": "~", "at_least": "≥"}
    return {address: f"{sign[f.qualifier]}{f.value.normalize():f}" for address, f in content.figures.items()}


# ------------------------------------------------------------------------------------------------- by the cell


def keys_of(address: Address, made: Design) -> tuple[str, str]:
    """The keys of the row and column an address stands at."""
    if "@" in address:
        row, _, column = address.partition("@")
        return row, column
    for sheet in made.sheets:
        for row_design in sheet.rows:
            for at in places_of(row_design):
                named = f"{at.code}.{row_design.key.rpartition(':')[2]}.{at.part or 'name'}"
                if (at.what == "figure" and at.code == address) or (
                    at.what in ("row_figure", "row_name") and named == address
                ):
                    return at.row, at.column
    raise KeyError(address)


def cell(book: Workbook, address: Address, made: Design | None = None) -> Cell:
    """The cell of an address, wherever its sheet, row and column have gone."""
    row_key, column_key = keys_of(address, made or design(edition(), "small", H1))
    for sheet in book.worksheets:
        key_row = key_column = None
        for line in sheet.iter_rows(max_row=12, max_col=12):
            for one in line:
                if isinstance(one.value, str) and one.value.startswith("tienbo|"):
                    key_row, key_column = one.row, one.column
        if key_row is None or key_column is None:
            continue
        for row in range(1, sheet.max_row + 1):
            if sheet.cell(row, key_column).value == row_key:
                for column in range(1, sheet.max_column + 1):
                    if sheet.cell(key_row, column).value == column_key:
                        return sheet.cell(row, column)
    raise KeyError(address)


def place(data: bytes, address: Address, made: Design | None = None) -> str:
    """ "Biểu 02!D14": worked out from the file itself."""
    found = cell(load_workbook(BytesIO(data)), address, made)
    return f"{found.parent.title}!{get_column_letter(found.column)}{found.row}"


def changed(data: bytes, change: Callable[[Workbook], None]) -> bytes:
    """What another program saves after somebody changed something."""
    book = load_workbook(BytesIO(data))
    change(book)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def filled(data: bytes, cells: Mapping[Address, object], made: Design | None = None) -> bytes:
    def change(book: Workbook) -> None:
        for address, value in cells.items():
            found = cell(book, address, made)
            found.value = value  # type: ignore[assignment]
            if isinstance(value, str) and not value.startswith(("=", "#")):
                found.data_type = "s"

    return changed(data, change)


# --------------------------------------------------------------------------------------------- by the raw part


def repacked(data: bytes, change: Callable[[str, bytes], bytes | None], **more: bytes) -> bytes:
    """The zip file with each part passed through `change` (None drops it) and further parts added."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            made = change(name, old.read(name))
            if made is not None:
                new.writestr(name, made)
        for name, part in more.items():
            new.writestr(name, part)
    return out.getvalue()


def raw_cell(data: bytes, address: Address, inside: str, kind: str = "") -> bytes:
    """The workbook with one cell's XML as given: what spreadsheets write and libraries do not."""
    at = place(data, address)
    title, _, reference = at.partition("!")
    number = load_workbook(BytesIO(data)).sheetnames.index(title) + 1
    pattern = re.compile(rf'<c r="{reference}"( s="\d+")?[^>]*?(?:/>|>.*?</c>)'.encode(), re.DOTALL)

    def change(name: str, part: bytes) -> bytes:
        if name != f"xl/worksheets/sheet{number}.xml":
            return part
        typed = f' t="{kind}"' if kind else ""
        made, count = pattern.subn(
            lambda m: b'<c r="%s"%s%s>%s</c>' % (reference.encode(), m[1] or b"", typed.encode(), inside.encode()),
            part,
        )
        assert count == 1
        return made

    return repacked(data, change)
