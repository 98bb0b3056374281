"""What people really do to a workbook before they send it, read right; and what they do that must not be guessed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO

import pytest
import xlwt
from odf import opendocument
from odf import table as ods
from odf import text as odf_text
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from tests.papers.workbook.desk import blank, cell, changed, faults, filled, place, raw_cell, reading, says

FIGURES = {
    "staff:total": 120,
    "staff:women": 48,
    "leaders:total": 10,
    "leaders:women": 4,
    "classes:total": 21,
    "share:total": 41.5,
    "plan:total": "Có",
    "units.r01.name": "Trường Mầm non Hoa Ban",
    "units.r01.staff": 20,
    "units.r01.women": 19,
    "units.r01.led": "Có",
}
SAID = {
    "staff:total": "120",
    "staff:women": "48",
    "leaders:total": "10",
    "leaders:women": "4",
    "classes:total": "21",
    "share:total": "41.5",
    "plan:total": "1",
}


@pytest.fixture(scope="module")
def good() -> bytes:
    return filled(blank(), FIGURES)


def test_a_filled_form_says_what_was_filled_in(good: bytes) -> None:
    found = reading(good)
    assert faults(good) == []
    assert says(good) == SAID
    assert found.content is not None
    (row,) = found.content.rows["units"]
    assert (row.key, row.name) == ("r01", "Trường Mầm non Hoa Ban")
    assert {code: int(figure.value) for code, figure in row.figures.items()} == {"staff": 20, "women": 19, "led": 1}
    assert found.content.figures["leaders:women"].cell == "Biểu 01!F13"


def test_the_name_of_the_file_means_nothing(good: bytes) -> None:
    assert reading(good, name="Copy of báo cáo (2) FINAL.xls").faults == reading(good).faults


def rename(book: Workbook) -> None:
    for index, sheet in enumerate(book.worksheets[:2]):
        sheet.title = f"Sheet{index + 1}"


def move(book: Workbook) -> None:
    book.move_sheet("Biểu 02", -1)
    book.move_sheet("tienbo_meta", -2)


def more_sheets(book: Workbook) -> None:
    book.create_sheet("Ghi chú", 0)["A1"] = "số liệu nháp: 999"
    book.create_sheet("Phụ lục")["B2"] = 5


def insert(book: Workbook, *, row: int = 0, column: int = 0) -> None:
    """Insert as a spreadsheet does: merged cells move along, which the library forgets."""
    sheet = book["Biểu 01"]
    if row:
        sheet.insert_rows(row)
    if column:
        sheet.insert_cols(column)
    for merged in list(sheet.merged_cells.ranges):
        down, right = int(bool(row) and merged.min_row >= row), int(bool(column) and merged.min_col >= column)
        merged.shift(col_shift=right, row_shift=down)
        if column and merged.min_col < column <= merged.max_col:
            merged.expand(right=1)


def insert_rows(book: Workbook) -> None:
    insert(book, row=13)
    insert(book, row=1)


def insert_columns(book: Workbook) -> None:
    insert(book, column=6)
    insert(book, column=1)


def comments(book: Workbook) -> None:
    cell(book, "staff:total").comment = Comment("chị Lan đã kiểm tra, 130?", "Phòng Nội vụ")


def hide(book: Workbook) -> None:
    book["Biểu 01"].row_dimensions[13].hidden = True
    book["Biểu 02"].sheet_state = "hidden"


def headings_rewritten(book: Workbook) -> None:
    sheet = book["Biểu 01"]
    for reference in ("B2", "B4", "C12", "E11"):
        sheet[reference] = "sửa lại"


def unprotected(book: Workbook) -> None:
    for sheet in book.worksheets:
        sheet.protection.sheet = False


@pytest.mark.parametrize(
    "change",
    [rename, move, more_sheets, insert_rows, insert_columns, comments, hide, headings_rewritten, unprotected],
    ids=lambda change: change.__name__,
)
def test_what_people_do_to_a_workbook_changes_no_figure(good: bytes, change: Callable[[Workbook], None]) -> None:
    data = changed(good, change)
    assert faults(data) == []
    assert says(data) == SAID


def test_a_moved_cell_is_named_where_it_now_stands(good: bytes) -> None:
    data = filled(changed(good, insert_rows), {"leaders:total": "mười"})
    assert place(data, "leaders:total") == "Biểu 01!E15"
    assert faults(data) == [("workbook.not_a_number", "Biểu 01!E15")]


def test_everything_pasted_as_text_is_read_as_the_same_numbers(good: bytes) -> None:
    def as_text(book: Workbook) -> None:
        for address, value in FIGURES.items():
            found = cell(book, address)
            found.value, found.data_type = str(value).replace(".", ","), "s"

    assert says(changed(good, as_text)) == SAID


TYPED = [
    ("staff:total", "1.234", "1234"),
    ("staff:total", "1\u00a0234", "1234"),
    ("staff:total", "１.２３４", "1234"),
    ("staff:total", " 12 ", "12"),
    ("staff:total", "trên 3.000", "≥3000"),
    ("staff:total", unicodedata.normalize("NFD", "Ước 12"), "~12"),
    ("share:total", "41,5", "41.5"),
    ("share:total", "41,5%", "41.5"),
    ("share:total", "41.5", "41.5"),
    ("hours:total", "12,25", "12.25"),
    ("plan:total", unicodedata.normalize("NFD", "KHÔNG"), "0"),
]


@pytest.mark.parametrize(("address", "text", "said"), TYPED)
def test_a_number_typed_as_text_is_read(address: str, text: str, said: str) -> None:
    assert says(filled(blank(), {address: text}))[address] == said


def test_blanks_alone_are_no_figure() -> None:
    assert says(filled(blank(), {"staff:total": "  ", "staff:women": "\u00a0"})) == {}


def test_zero_is_a_figure() -> None:
    assert says(filled(blank(), {"staff:total": 0, "staff:women": "0"})) == {"staff:total": "0", "staff:women": "0"}


def test_a_cell_shown_as_a_percentage_is_read_as_it_is_seen() -> None:
    def percent(value: float, address: str) -> Callable[[Workbook], None]:
        def change(book: Workbook) -> None:
            found = cell(book, address)
            found.value, found.number_format = value, "0.0%"

        return change

    assert says(changed(blank(), percent(0.415, "share:total"))) == {"share:total": "41.5"}
    assert says(changed(blank(), percent(0.07, "share:total"))) == {"share:total": "7"}
    # Twelve persons cannot be "1200%": the count was formatted by mistake, and is not guessed at.
    assert faults(changed(blank(), percent(12, "staff:total"))) == [("workbook.not_a_number", "Biểu 01!E12")]


@pytest.mark.parametrize("value", [True, date(2026, 2, 1), datetime(2026, 2, 1, 12, 0)])
def test_a_day_or_a_truth_value_is_no_count(value: object) -> None:
    assert faults(filled(blank(), {"staff:total": value})) == [("workbook.not_a_number", "Biểu 01!E12")]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (date(2026, 5, 31), date(2026, 5, 31)),
        ("31/5/2026", date(2026, 5, 31)),
        ("05/06/2026", date(2026, 6, 5)),
        ("31-05-2026", date(2026, 5, 31)),
        ("2026-05-31", date(2026, 5, 31)),
    ],
)
def test_the_day_is_read_day_first(typed: object, read: date) -> None:
    content = reading(filled(blank(), {"m:as_of@d": typed})).content
    assert content is not None
    assert content.as_of == read


@pytest.mark.parametrize("typed", ["31/6/2026", "31/5", "31/5/26", "5"])
def test_what_is_not_a_whole_day_is_refused(typed: object) -> None:
    assert faults(filled(blank(), {"m:as_of@d": typed})) == [("workbook.not_a_date", "Biểu 01!D6")]


def test_a_formula_with_its_result_is_read_as_the_result() -> None:
    assert says(raw_cell(blank(), "staff:total", "<f>60+60</f><v>120</v>")) == {"staff:total": "120"}


@pytest.mark.parametrize("inside", ["<f>60+60</f>", "<f>60+60</f><v></v>", "<f>60+60</f><v/>", "<f/>"])
def test_a_formula_without_its_result_is_a_fault_not_a_zero(inside: str) -> None:
    data = raw_cell(blank(), "staff:total", inside)
    assert faults(data) == [("workbook.formula_without_value", "Biểu 01!E12")]
    assert says(data) == {}


@pytest.mark.parametrize("error", ["#DIV/0!", "#REF!", "#NAME?", "#N/A", "#VALUE!"])
def test_an_error_is_a_fault_not_a_blank(error: str) -> None:
    data = raw_cell(blank(), "staff:total", f"<f>1/0</f><v>{error}</v>", "e")
    assert faults(data) == [("workbook.error_cell", "Biểu 01!E12")]


@pytest.mark.parametrize("value", ["1e400", "-1e400", "NaN", "INF", "1e15", "99999999999999999999"])
def test_a_number_beyond_all_numbers_is_a_fault(value: str) -> None:
    found = reading(raw_cell(blank(), "staff:total", f"<v>{value}</v>"))
    assert [fault for fault in found.faults if fault.level.value == "error"]
    assert found.content is None or "staff:total" not in found.content.figures


def test_words_of_a_statement_are_read_in_any_case_and_composition() -> None:
    for typed in ("Không thay đổi", "KHÔNG THAY ĐỔI SO VỚI KỲ TRƯỚC", unicodedata.normalize("NFD", "không thay đổi")):
        content = reading(filled(blank(), {"s:staff@c1": typed})).content
        assert content is not None
        assert content.statements == {"staff": "unchanged"}


def test_a_word_for_the_whole_line_holds_for_each_figure_without_one_of_its_own() -> None:
    data = filled(blank(), {"staff:total": 120, "staff:women": "trên 40", "l:staff@q": "Ước", "m:as_of@d": "31/5/2026"})
    assert says(data) == {"staff:total": "~120", "staff:women": "≥40"}


def test_texts_keep_their_lines_and_are_composed() -> None:
    said = "Mô hình ở thôn Hạ.\n- Hai là: phối hợp tốt."
    data = filled(blank(), {"t:highlight@d": unicodedata.normalize("NFD", said), "m:names@b": " Người  Lập "})
    content = reading(data).content
    assert content is not None
    assert content.texts == {"highlight": said}
    assert content.prepared_by == "Người Lập"


# ------------------------------------------------------------------------------------------------ other programs


def as_xls(data: bytes) -> bytes:
    """Typed over into the old format, as an old computer would save it."""
    book, out = xlwt.Workbook(), BytesIO()
    for sheet in load_workbook(BytesIO(data)).worksheets:
        made = book.add_sheet(sheet.title, cell_overwrite_ok=True)
        for row in sheet.iter_rows():
            for one in row:
                if one.value is not None and one.data_type != "f":
                    made.write(one.row - 1, one.column - 1, one.value)
    book.save(out)
    return out.getvalue()


def as_ods(data: bytes) -> bytes:
    book, out = opendocument.OpenDocumentSpreadsheet(), BytesIO()
    for sheet in load_workbook(BytesIO(data)).worksheets:
        made = ods.Table(name=sheet.title)
        for row in sheet.iter_rows():
            line = ods.TableRow()
            for one in row:
                value = None if one.data_type == "f" else one.value
                if isinstance(value, int | float):
                    line.addElement(ods.TableCell(valuetype="float", value=value))
                elif value is None:
                    line.addElement(ods.TableCell())
                else:
                    held = ods.TableCell(valuetype="string")
                    held.addElement(odf_text.P(text=str(value)))
                    line.addElement(held)
            made.addElement(line)
        book.spreadsheet.addElement(made)
    book.write(out)
    return out.getvalue()


@pytest.mark.parametrize("save", [as_xls, as_ods], ids=["xls", "ods"])
def test_other_formats_say_the_same(good: bytes, save: Callable[[bytes], bytes]) -> None:
    data = save(good)
    assert faults(data) == []
    assert says(data) == SAID
    before, after = reading(good).content, reading(data).content
    assert before is not None
    assert after is not None
    assert before.as_json() == after.as_json()


@pytest.mark.parametrize("save", [as_xls, as_ods], ids=["xls", "ods"])
def test_other_formats_name_the_same_cells(save: Callable[[bytes], bytes]) -> None:
    data = save(filled(blank(), {"staff:total": "1,234", "staff:women": -4, "classes:total": "hai"}))
    assert sorted(faults(data)) == [
        ("return.negative", "Biểu 01!F12"),
        ("workbook.not_a_number", "Biểu 02!E6"),
        ("workbook.number_ambiguous", "Biểu 01!E12"),
    ]
