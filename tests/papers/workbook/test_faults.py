"""Every fault a workbook can have, broken once: its code, its place, its sentence. A code without an example fails."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import Workbook
from tests.papers.workbook.desk import (
    H1,
    H2,
    UNIT,
    blank,
    cell,
    changed,
    edition,
    faults,
    filled,
    raw_cell,
    reading,
    repacked,
    written,
)

from tienbo.catalogue.returns import Content, Figure, check
from tienbo.core.faults import SENTENCES, Refused
from tienbo.core.messages import speaking
from tienbo.papers.workbook.design import META_SHEET
from tienbo.papers.workbook.safety import FILE_LIMIT

NAME = "tệp.xlsx"
"""Where the faults of a whole file are placed."""
Make = Callable[[], bytes]


def put(**cells: object) -> Make:
    """The blank form with cells filled in; "__" in a name stands for ":" and "_dot_" for "."."""
    return lambda: filled(blank(), {name.replace("__", ":").replace("_dot_", "."): v for name, v in cells.items()})


def on(change: Callable[[Workbook], None]) -> Make:
    return lambda: changed(blank(), change)


def sheet(name: str) -> Callable[[Workbook], None]:
    def drop(book: Workbook) -> None:
        del book[name]

    return drop


def set_at(name: str, reference: str, value: object) -> Callable[[Workbook], None]:
    def change(book: Workbook) -> None:
        book[name][reference] = value

    return change


def key_of(book: Workbook, row_key: str) -> int:
    return next(row for row in range(1, 90) if book["Biểu 01"].cell(row, 1).value == row_key)


def twice_the_row(book: Workbook) -> None:
    book["Biểu 01"].cell(key_of(book, "r:units:r03") + 1, 1).value = "l:staff"


def lose_the_row(book: Workbook) -> None:
    book["Biểu 01"].delete_rows(key_of(book, "l:leaders"))


def merge_cells_to_fill(book: Workbook) -> None:
    row = key_of(book, "l:staff")
    book["Biểu 01"].merge_cells(start_row=row, end_row=row, start_column=5, end_column=6)


def write_beside(book: Workbook) -> None:
    sheet = book["Biểu 01"]
    row = key_of(book, "l:leaders")
    sheet.insert_rows(row)
    sheet.cell(row, 3).value = "Cán bộ hợp đồng"


def in_the_grey(book: Workbook) -> None:
    cell(book, "l:yearly@c3").value = 4  # asked for total and women only


def meta(key: str, value: str) -> Make:
    def change(book: Workbook) -> None:
        for row in book[META_SHEET].iter_rows():
            if row[0].value == f"tienbo_meta|{key}":
                row[1].value = value

    return on(change)


def macros() -> bytes:
    return repacked(blank(), lambda _name, part: part, **{"xl/vbaProject.bin": b"x"})


def links() -> bytes:
    return repacked(blank(), lambda _name, part: part, **{"xl/externalLinks/externalLink1.xml": b"<x/>"})


def bomb() -> bytes:
    """A sheet that grows a thousandfold: 8 MiB of one letter."""
    return repacked(blank(), lambda name, part: b"<a>" + b" " * 2**23 if name == "xl/worksheets/sheet1.xml" else part)


def far_cell() -> bytes:
    return changed(blank(), set_at("Biểu 01", "B200000", "x"))


def compound(*streams: str) -> bytes:
    """The smallest container of old Office files, with streams of these names: sectors of 512 bytes, one table of
    sectors, one directory."""
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    header = struct.pack(
        "<8s16x5H6x10I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        *(0x3E, 3, 0xFFFE, 9, 6),
        *(0, 1, 1, 0, 4096, end, 0, end, 0, 0),
    )
    header += struct.pack("<108I", *[free] * 108)
    entries = b""
    for index, name in enumerate(("Root Entry", *streams)):
        raw = name.encode("utf-16-le") + b"\0\0"
        entry = raw.ljust(64, b"\0") + struct.pack("<HBB3I", len(raw), 5 if index == 0 else 2, 1, free, free, free)
        entries += entry + b"\0" * 36 + struct.pack("<IQ", end, 0)
    directory = entries.ljust(512, b"\0")
    return header + struct.pack("<128I", table, end, *[free] * 126) + directory


def encrypted() -> bytes:
    """An encrypted xlsx is a compound file with these two streams (MS-OFFCRYPTO 2.3)."""
    return compound("EncryptedPackage", "EncryptionInfo")


def older_layout() -> bytes:
    return meta("layout", "0")()


EXAMPLES: list[tuple[str, Make, str]] = [
    # the file
    ("workbook.not_a_workbook", lambda: b"Xin chao", NAME),
    ("workbook.empty", lambda: b"", NAME),
    ("workbook.protected", encrypted, NAME),
    ("workbook.macros", macros, NAME),
    ("workbook.external_links", links, NAME),
    ("workbook.zip_bomb", bomb, NAME),
    ("workbook.too_large", lambda: b"PK\x03\x04" + b"\0" * FILE_LIMIT, NAME),
    ("workbook.too_many_rows", far_cell, NAME),
    ("workbook.unreadable", lambda: blank()[:-40], NAME),
    # what it is for
    ("workbook.not_ours", on(sheet(META_SHEET)), NAME),
    ("workbook.older_layout", older_layout, NAME),
    ("workbook.seal_broken", meta("unit", "01J0OTHER"), NAME),
    ("workbook.unknown_edition", meta("edition", "0" * 64), NAME),
    ("workbook.other_unit", blank, NAME),
    ("workbook.other_period", blank, NAME),
    # its sheets, rows and columns
    ("workbook.sheet_missing", on(sheet("Biểu 02")), NAME),
    ("workbook.sheet_twice", on(lambda book: book.copy_worksheet(book["Biểu 02"]) and None), "Biểu 02 Copy"),
    ("workbook.row_missing", on(lose_the_row), "Biểu 01"),
    ("workbook.row_twice", on(twice_the_row), "Biểu 01!A19"),
    ("workbook.column_missing", on(lambda book: book["Biểu 01"].delete_cols(6)), "Biểu 01"),
    ("workbook.column_twice", on(set_at("Biểu 01", "G1", "c2")), "Biểu 01!G1"),
    ("workbook.unknown_key", on(set_at("Biểu 01", "A12", "l:nothing")), "Biểu 01!A12"),
    ("workbook.merged_cells", on(merge_cells_to_fill), "Biểu 01!E12"),
    ("workbook.outside_form", on(write_beside), "Biểu 01!C13"),
    ("workbook.beside_form", on(set_at("Biểu 01", "Z12", "1999-09-09")), "Biểu 01!Z12"),
    ("workbook.not_asked_here", lambda: changed(blank("small", H2), in_the_grey), "Biểu 01!G14"),
    # its cells
    ("workbook.not_a_number", put(staff__total="12 người"), "Biểu 01!E12"),
    ("workbook.number_ambiguous", put(staff__total="1,234"), "Biểu 01!E12"),
    ("workbook.number_out_of_range", put(staff__total=1e14), "Biểu 01!E12"),
    ("workbook.too_many_decimals", put(hours__total=1.23456), "Biểu 02!E10"),
    ("workbook.not_yes_or_no", put(plan__total="chưa"), "Biểu 02!E7"),
    ("workbook.not_a_qualifier", lambda: filled(blank(), {"l:staff@q": "chừng"}), "Biểu 01!I12"),
    ("workbook.not_a_statement", lambda: filled(blank(), {"s:staff@c1": "như cũ"}), "Biểu 01!E9"),
    ("workbook.not_a_date", lambda: filled(blank(), {"m:as_of@d": "cuối tháng 5"}), "Biểu 01!D6"),
    ("workbook.error_cell", lambda: raw_cell(blank(), "staff:total", "<v>#DIV/0!</v>", "e"), "Biểu 01!E12"),
    ("workbook.formula_without_value", put(staff__total="=SUM(F12:G12)"), "Biểu 01!E12"),
    ("workbook.row_without_figures", put(units_dot_r01_dot_name="Trường Mầm non"), "Biểu 01!C16"),
    # what the figures say
    ("return.part_exceeds_whole", put(staff__total=10, staff__women=11), "Biểu 01!F12"),
    ("return.line_exceeds_line", put(staff__total=10, leaders__total=11), "Biểu 01!E13"),
    ("return.check_fails", put(staff__total=10, classes__total=11), "Biểu 02!E6"),
    ("return.not_filled_in", blank, "Biểu 01!E12"),
    ("return.negative", put(staff__total=-1), "Biểu 01!E12"),
    ("return.above_maximum", put(share__total="100,5%"), "Biểu 02!E9"),
    ("return.not_whole", put(staff__total="41,5"), "Biểu 01!E12"),
    (
        "return.figures_beside_statement",
        lambda: filled(blank(), {"staff:total": 1, "s:staff@c1": "không thay đổi"}),
        "Biểu 01!E9",
    ),
    ("return.statement_not_allowed", lambda: filled(blank(), {"s:staff@c1": "không phát sinh"}), "Biểu 01!E9"),
    ("return.cut_off_outside_period", lambda: filled(blank(), {"m:as_of@d": date(2026, 6, 15)}), "Biểu 01!D6"),
    ("return.estimate_needs_cut_off", lambda: filled(blank(), {"staff:total": "ước 12"}), "Biểu 01!D6"),
    ("return.row_without_name", put(units_dot_r01_dot_staff=3), "Biểu 01!C16"),
    (
        "return.row_named_twice",
        lambda: filled(
            blank(),
            {
                "units.r01.name": "Trường A",
                "units.r01.staff": 1,
                "units.r02.name": "TRƯỜNG A",
                "units.r02.staff": 2,
            },
        ),
        "Biểu 01!C17",
    ),
]
EXPECTED: dict[str, dict[str, object]] = {
    "workbook.other_unit": {"unit": "01J0OTHER", "unit_name": "UBND xã Yên Thượng"},
    "workbook.other_period": {"period": H2},
}
"""What the receiver expected, where that is what is broken."""


@pytest.mark.parametrize(("code", "make", "where"), EXAMPLES, ids=[code for code, _make, _where in EXAMPLES])
def test_each_fault_is_found_at_its_place_and_says_what_to_do(code: str, make: Make, where: str) -> None:
    found = [fault for fault in reading(make(), **EXPECTED.get(code, {})).faults if fault.code == code]
    assert found, reading(make(), **EXPECTED.get(code, {})).faults
    assert found[0].place == where
    for lang in ("vi", "en"):
        with speaking(lang):
            sentence = found[0].sentence()
            assert len(sentence) > 20
            assert "{" not in sentence


def test_a_text_longer_than_a_cell_is_refused_when_the_form_is_written() -> None:
    content = Content("small", "e", UNIT.key, H1, texts={"highlight": "x" * 32_768})
    with pytest.raises(Refused) as refused:
        written(content=content)
    assert [(fault.code, fault.place) for fault in refused.value.faults] == [("workbook.text_too_long", "")]


@pytest.mark.parametrize(
    ("address", "value", "code"), [("yearly:total", 4, "return.not_asked"), ("plan:total", 2, "return.not_yes_or_no")]
)
def test_what_no_workbook_can_bring_is_refused_by_the_check(address: str, value: int, code: str) -> None:
    """A page or an interface may bring it."""
    content = Content("small", "e", UNIT.key, H1, figures={address: Figure(Decimal(value), cell="Trang 1")})
    assert (code, "Trang 1") in [(fault.code, fault.place) for fault in check(edition(), content)]


ELSEWHERE = {
    "workbook.cannot_hand_back": "said when a workbook is handed back, not when it is read",
    "workbook.too_heavy": "needs a process that goes over its bounds: test_hostile",
    "workbook.text_too_long": "raised when a form is written; above",
    "return.not_asked": "no workbook can bring it; above",
    "return.not_yes_or_no": "workbook.not_yes_or_no is said before; above",
    "return.block_not_filled_in": "blank cells of one block, said together: test_blanks",
    "return.nothing_to_carry_over": "needs the return of the period before: tests of the collection",
    "return.other_than_register": "needs the registers of the unit: tests of the collection",
    "return.nothing_to_restate": "needs the return of the period before: tests of the collection",
}


def test_no_fault_is_without_an_example() -> None:
    said = {code for code in SENTENCES if code.startswith(("workbook.", "return."))}
    assert said - ELSEWHERE.keys() == {code for code, _make, _where in EXAMPLES}


def test_all_faults_of_a_file_are_found_at_once_each_at_its_cell() -> None:
    data = filled(
        blank(),
        {
            "staff:total": "10 người",
            "staff:women": -1,
            "leaders:total": "1,234",
            "l:leaders@q": "chắc",
            "units.r02.staff": 4,
            "classes:total": 2.5,
            "plan:total": "Có lẽ",
            "share:total": 101,
        },
    )
    assert sorted(faults(data)) == [
        ("return.above_maximum", "Biểu 02!E9"),
        ("return.negative", "Biểu 01!F12"),
        ("return.not_whole", "Biểu 02!E6"),
        ("return.row_without_name", "Biểu 01!C17"),
        ("workbook.not_a_number", "Biểu 01!E12"),
        ("workbook.not_a_qualifier", "Biểu 01!I13"),
        ("workbook.not_yes_or_no", "Biểu 02!E7"),
        ("workbook.number_ambiguous", "Biểu 01!E13"),
    ]


def test_a_cell_that_could_not_be_read_is_not_called_empty_as_well() -> None:
    found = reading(filled(blank(), {"staff:total": "mười"})).faults
    assert [fault.code for fault in found if fault.place == "Biểu 01!E12"] == ["workbook.not_a_number"]


def test_a_blank_cell_is_named_by_its_own_place() -> None:
    found = [fault.place for fault in reading(blank()).faults if fault.code == "return.not_filled_in"]
    assert found[:3] == ["Biểu 01!E12", "Biểu 01!F12", "Biểu 01!G12"]
    assert "Biểu 02!E10" in found


def test_with_a_broken_key_no_figure_is_taken() -> None:
    data = changed(filled(blank(), {"staff:total": 10}), set_at("Biểu 01", "A12", "l:nothing"))
    assert reading(data).content is None


def test_another_secret_does_not_open_the_form() -> None:
    assert [fault.code for fault in reading(blank(), seal=b"another").faults] == ["workbook.seal_broken"]


def test_a_sheet_of_another_form_among_ours_is_not_read() -> None:
    data = changed(blank(), set_at("Biểu 02", "A1", "tienbo|gbv"))
    assert ("workbook.sheet_missing", NAME) in faults(data)
    assert ("workbook.unknown_key", "Biểu 02!A1") in faults(data)
