"""A workbook handed back: its faults in its cells and on its first sheet, and once corrected it goes in."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from openpyxl import load_workbook
from openpyxl.comments import Comment
from tests.papers.workbook import desk
from tests.papers.workbook.desk import blank, faults, filled, reading, says

from tienbo.core.faults import Fault, Level
from tienbo.core.messages import speaking
from tienbo.papers.workbook.returning import LIST_MARKER, Remark, workbook_hand_back
from tienbo.papers.workbook.safety import Unsafe

WRONG = {"staff:total": 12, "staff:women": 48, "leaders:total": "ba người", "classes:total": 10}


def place(address: str) -> str:
    return desk.place(blank(), address)


def remarks(data: bytes) -> list[Remark]:
    with speaking("en"):
        return [Remark(fault.place, fault.sentence(), fault.level) for fault in reading(data).faults]


def handed_back(data: bytes, *more: Remark) -> bytes:
    with speaking("en"):
        return workbook_hand_back(data, [*remarks(data), *more], heading="UBND xã Yên Hạ – 2026-H1")


@pytest.fixture(scope="module")
def wrong() -> bytes:
    return filled(blank(), WRONG)


@pytest.fixture(scope="module")
def back(wrong: bytes) -> bytes:
    return handed_back(wrong)


def comments(data: bytes) -> dict[str, str]:
    book = load_workbook(BytesIO(data))
    return {
        f"{sheet.title}!{cell.coordinate}": cell.comment.text
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment is not None
    }


def test_every_fault_of_a_cell_is_a_comment_in_that_cell(wrong: bytes, back: bytes) -> None:
    said = comments(back)
    for remark in remarks(wrong):
        assert remark.sentence in said[remark.place]
    assert set(said) == {remark.place for remark in remarks(wrong)}
    assert "“ba người” is not a number" in said[place("leaders:total")]


def test_the_first_sheet_lists_every_fault_with_a_way_to_its_cell(wrong: bytes, back: bytes) -> None:
    book = load_workbook(BytesIO(back))
    first = book.worksheets[0]
    assert book.active is first
    rows = [[cell.value for cell in row[1:5]] for row in first.iter_rows(min_row=7)]
    assert [(row[1], row[2]) for row in rows] == [(one.place, one.sentence) for one in remarks(wrong)]
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    sheet, _mark, cell = remarks(wrong)[0].place.rpartition("!")
    assert first["C7"].hyperlink.location == f"'{sheet}'!{cell}" or first["C7"].hyperlink.target == f"#'{sheet}'!{cell}"
    assert "2 of " in first["B4"].value


def test_what_was_entered_and_the_hidden_keys_are_as_they_were(wrong: bytes, back: bytes) -> None:
    assert says(back) == says(wrong)
    assert reading(back).faults == reading(wrong).faults
    before, after = load_workbook(BytesIO(wrong)), load_workbook(BytesIO(back))
    assert after.sheetnames[1:] == before.sheetnames
    for sheet in before.worksheets:
        same = after[sheet.title]
        assert same.sheet_state == sheet.sheet_state
        assert same.protection.sheet == sheet.protection.sheet
        assert [[one.value for one in row] for row in same.iter_rows()] == [
            [one.value for one in row] for row in sheet.iter_rows()
        ]
        assert same.column_dimensions["A"].hidden == sheet.column_dimensions["A"].hidden
        assert len(same.data_validations.dataValidation) == len(sheet.data_validations.dataValidation)
        assert same.print_area == sheet.print_area
        assert same.merged_cells.ranges == sheet.merged_cells.ranges


def test_once_corrected_it_has_no_fault_left_in_those_cells(back: bytes) -> None:
    corrected = filled(back, {"staff:women": 8, "leaders:total": 3})
    left = [code for code, where in faults(corrected) if not where.startswith("Biểu 02")]
    assert "return.part_exceeds_whole" not in left
    assert "workbook.not_a_number" not in left
    assert says(corrected)["leaders:total"] == "3"


def test_handed_back_twice_it_has_one_list_and_the_comments_of_the_second_time(back: bytes) -> None:
    corrected = filled(back, {"leaders:total": 3})
    again = handed_back(corrected)
    book = load_workbook(BytesIO(again))
    assert [sheet["A1"].value for sheet in book.worksheets].count(LIST_MARKER) == 1
    assert place("leaders:total") not in comments(again)
    assert comments(again)[place("staff:women")].count("more than") == 1


def test_what_somebody_else_wrote_in_a_comment_stays(wrong: bytes) -> None:
    book = load_workbook(BytesIO(wrong))
    sheet, _mark, cell = place("staff:women").rpartition("!")
    other = place("classes:total").rpartition("!")
    book[sheet][cell].comment = Comment("hỏi lại chị Hà", "Văn phòng")
    book[other[0]][other[2]].comment = Comment("đã đối chiếu", "Văn phòng")
    out = BytesIO()
    book.save(out)
    once = handed_back(out.getvalue())
    said = comments(once)
    assert "hỏi lại chị Hà" in said[place("staff:women")]
    assert "is more than" in said[place("staff:women")]
    assert said[place("classes:total")] == "đã đối chiếu"
    after = comments(handed_back(filled(once, {"staff:women": 8})))
    assert after[place("staff:women")] == "hỏi lại chị Hà"


def test_a_remark_about_no_cell_is_listed_without_a_way(wrong: bytes) -> None:
    extra = [Remark("tệp.xlsx", "Whole file."), Remark("Không có!A1", "No such sheet."), Remark("Biểu 01", "Sheet.")]
    book = load_workbook(BytesIO(handed_back(wrong, *extra)))
    rows = {row[3].value: row[2] for row in book.worksheets[0].iter_rows(min_row=7)}
    assert all(rows[one.sentence].hyperlink is None for one in extra)


def test_what_was_typed_is_quoted_and_never_calculated(wrong: bytes) -> None:
    formula = Remark(place("staff:total"), '=HYPERLINK("http://x")', Level.WARNING)
    control = Remark("x", "a\x00b\x0bc")
    book = load_workbook(BytesIO(handed_back(wrong, formula, control)))
    cells = {cell.value: cell.data_type for row in book.worksheets[0].iter_rows(min_row=7) for cell in row}
    assert cells['=HYPERLINK("http://x")'] == "s"
    assert "a b c" in cells


def test_a_comment_stands_on_the_first_of_merged_cells(wrong: bytes) -> None:
    book = load_workbook(BytesIO(wrong))
    sheet, _mark, cell = place("staff:women").rpartition("!")
    row = book[sheet][cell].row
    book[sheet].merge_cells(start_row=row, end_row=row, start_column=5, end_column=6)
    out = BytesIO()
    book.save(out)
    with speaking("en"):
        made = workbook_hand_back(out.getvalue(), [Remark(f"{sheet}!F{row}", "Merged.")], heading="x")
    assert set(comments(made)) == {f"{sheet}!E{row}"}


def test_in_vietnamese_the_list_speaks_vietnamese(wrong: bytes) -> None:
    found = [Remark(one.place, one.sentence(), one.level) for one in reading(wrong).faults]
    book = load_workbook(BytesIO(workbook_hand_back(wrong, found, heading="x")))
    assert any("không phải là số" in str(row[3].value) for row in book.worksheets[0].iter_rows(min_row=7))


@pytest.mark.parametrize("data", [b"", b"no workbook", b"PK\x03\x04 and then nothing"])
def test_what_is_no_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(Unsafe):
        workbook_hand_back(data, [], heading="x")


def test_a_part_that_the_reader_skips_is_looked_at_before_another_library_opens_it(wrong: bytes) -> None:
    for name, part in (
        ("xl/comments1.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><comments/>'),
        ("xl/drawings/vmlDrawing1.vml", b"<!ENTITY x>"),
        ("docProps/custom.xml", b" " * (13 * 2**20)),
    ):
        out = BytesIO(wrong)
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, part)
        with pytest.raises(Unsafe):
            workbook_hand_back(out.getvalue(), [], heading="x")


def test_a_file_the_library_cannot_open_is_told_in_words(wrong: bytes) -> None:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(wrong)) as before, zipfile.ZipFile(out, "w") as after:
        for entry in before.infolist():
            part = before.read(entry)
            after.writestr(entry, b"<styleSheet><cellXfs><xf" if entry.filename == "xl/styles.xml" else part)
    with pytest.raises(Unsafe) as told:
        workbook_hand_back(out.getvalue(), [], heading="x")
    assert Fault(told.value.code, "", told.value.fields).sentence()
