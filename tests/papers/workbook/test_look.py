"""What a blank form holds besides its words: locks, lists, notes, totals, last period's figures, hidden keys."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook
from tests.papers.workbook.desk import H1, UNIT, blank, cell, edition, reading, written

from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.returns import Content, Figure, Row
from tienbo.papers.workbook.design import META_SHEET, design, places_of

FORMS = [("small", "small"), *(("vn", code) for code, form in edition("vn").forms.items() if form.is_used(H1))]
LAST = Content(
    "small",
    fingerprint(edition()),
    UNIT.key,
    H1.previous(),
    figures={"staff:total": Figure(Decimal(118)), "staff:women": Figure(Decimal(45), "estimate")},
    rows={"units": [Row("r01", "Trường Mầm non", {"staff": Figure(Decimal(20))})]},
)


@pytest.fixture(scope="module")
def book() -> Workbook:
    return load_workbook(BytesIO(blank()))


@pytest.mark.parametrize(("pack", "form"), FORMS, ids=lambda value: value)
def test_cells_to_fill_are_unlocked_and_all_others_locked(pack: str, form: str) -> None:
    made = design(edition(pack), form, H1)
    held = load_workbook(BytesIO(blank(form, H1, pack)))
    wanted = set()
    for sheet in made.sheets:
        for row in sheet.rows:
            for at in places_of(row):
                if at.what != "restated":
                    found = cell(held, f"{at.row}@{at.column}", made)
                    wanted.add((found.parent.title, found.coordinate))
    for sheet in held.worksheets:
        assert sheet.protection.sheet
        merged = {one for span in sheet.merged_cells.ranges for one in list(span.cells)[1:]}
        open_cells = {
            (sheet.title, one.coordinate)
            for line in sheet.iter_rows()
            for one in line
            if not one.protection.locked and (one.row, one.column) not in merged
        }
        assert open_cells == {at for at in wanted if at[0] == sheet.title}


def test_the_keys_are_hidden_and_the_words_of_the_file_are_out_of_reach(book: Workbook) -> None:
    assert book[META_SHEET].sheet_state == "veryHidden"
    for sheet in book.worksheets[:2]:
        assert sheet.column_dimensions["A"].hidden
        assert sheet.row_dimensions[1].hidden
        assert sheet.page_setup.paperSize == 9  # A4


def test_each_cell_says_what_it_takes_and_refuses_the_rest(book: Workbook) -> None:
    rules = {
        (sheet.title, str(rule.sqref)): rule
        for sheet in book.worksheets[:2]
        for rule in sheet.data_validations.dataValidation
    }
    count, share, plan = (rules[at] for at in (("Biểu 01", "E12"), ("Biểu 02", "E9"), ("Biểu 02", "E7")))
    assert (count.type, count.formula1) == ("whole", "0")
    assert "số nguyên" in count.error
    assert (share.type, share.formula2) == ("decimal", "100")
    assert (plan.type, plan.formula1) == ("list", '"Có,Không"')
    assert "QĐ 01/QĐ-UBND" in count.prompt
    assert rules["Biểu 01", "E9"].formula1 == '"không thay đổi"'


def test_totals_are_formulas_and_are_not_read(book: Workbook) -> None:
    total = cell(book, "d:total:units@c1")
    assert total.value == '=IF(COUNTA(E16:E18)=0,"",IF(COUNT(E16:E18)<COUNTA(E16:E18),"…",SUM(E16:E18)))'
    rows = {"units": [Row(f"r0{i}", f"Trường {i}", {"staff": Figure(Decimal(10 * i))}) for i in (1, 2)]}
    data = written(content=replace(LAST, period=H1, rows=rows, figures={}))
    shown = load_workbook(BytesIO(data), data_only=True)
    assert cell(shown, "d:total:units@c1").value == 30
    content = reading(data).content
    assert content is not None
    assert [row.key for row in content.rows["units"]] == ["r01", "r02"]


def test_last_period_stands_beside_and_its_estimate_is_asked_for() -> None:
    made = load_workbook(BytesIO(written(before=LAST)))
    assert cell(made, "l:staff@p1").value == 118
    assert cell(made, "l:staff@p2").value == "ước 45"
    assert cell(made, "r:units:r01@p1").value == 20
    assert cell(made, "units.r01.name").value == "Trường Mầm non"
    assert not cell(made, "l:staff@o2").protection.locked
    assert cell(made, "l:staff@o1").protection.locked
    assert reading(written(before=LAST)).content is not None


def test_illustrative_figures_say_so_on_the_form() -> None:
    text = [
        one.value
        for sheet in load_workbook(BytesIO(written(illustrative=True))).worksheets
        for line in sheet.iter_rows()
        for one in line
        if isinstance(one.value, str)
    ]
    assert any("Số liệu minh họa" in words for words in text)
