"""An annex of others read as a grid and filled in the file it came as."""

from __future__ import annotations

import subprocess
import zipfile
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from tests.web.annex import SHEET, annex

from tienbo.papers.workbook.annex import Format, Holds, Labels, annex_open, format_of
from tienbo.papers.workbook.annex_filling import Fill, annex_fill
from tienbo.papers.workbook.safety import Unsafe


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_parts(data: bytes, changed: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {**parts(data), **changed}.items():
            archive.writestr(name, part)
    return out.getvalue()


def test_the_words_beside_and_above_a_cell_are_found_through_merged_heads() -> None:
    sheet = annex_open(annex()).sheets[0]
    found = {address: sheet.labels(sheet.at(address)) for address in ("C6", "D7", "E7")}  # type: ignore[arg-type]
    assert found == {
        "C6": Labels("Số lớp tập huấn", "Năm 2026 – Tổng số"),
        "D7": Labels("Lượt người tham gia tập huấn", "Năm 2026 – Tỷ lệ nữ (%)"),
        "E7": Labels("Lượt người tham gia tập huấn", "Cùng kỳ năm trước"),
    }


def test_a_cell_under_merged_ones_is_the_first_of_them() -> None:
    sheet = annex_open(annex()).sheets[0]
    assert sheet.at("D4") is sheet.at("C4")
    assert sheet.at("E1") is sheet.at("a1")
    assert sheet.at("Z99") is None
    assert sheet.at("x'!A1") is None


def test_words_and_dates_cannot_be_filled_numbers_and_formulas_can_when_asked() -> None:
    sheet = annex_open(annex()).sheets[0]
    cells = {address: sheet.at(address) for address in ("B6", "C6", "C8", "C9", "E8")}
    assert {address: cell and cell.holds for address, cell in cells.items()} == {
        "B6": Holds.TEXT, "C6": Holds.NOTHING, "C8": Holds.NUMBER, "C9": Holds.FORMULA, "E8": Holds.NOTHING,
    }  # fmt: skip
    open_ones = {address for address, cell in cells.items() if cell and sheet.can_be_filled(cell)}
    assert open_ones == {"C6", "C8", "C9"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("General", Format(False, False, None)),
        ("0", Format(False, False, 0)),
        ("#,##0.00", Format(False, False, 2)),
        ("0.0%", Format(True, False, 1)),
        ('0.0"%"', Format(False, False, 1)),
        ("_-* #,##0.00\\ _₫_-;-* #,##0", Format(False, False, 2)),
        ("#,##0,", Format(False, False, None)),
        ("0.00E+00", Format(False, False, None)),
        ("dd/mm/yyyy", Format(False, True, None)),
    ],
)
def test_a_number_format_says_how_many_places_and_whether_per_cent(text: str, expected: Format) -> None:
    assert format_of(text) == expected


def test_exactly_the_chosen_cells_are_filled_and_everything_else_stays() -> None:
    before = annex()
    made = annex_fill(
        before,
        {
            (SHEET, "C6"): Fill(Decimal("1234")),
            (SHEET, "D7"): Fill(Decimal("0.273"), "ước"),
            (SHEET, "E6"): Fill(None, "chưa có số liệu"),
            (SHEET, "E7"): Fill(None, "chưa có số liệu"),
        },
    )
    old, new = load_workbook(BytesIO(before)), load_workbook(BytesIO(made))
    assert new.sheetnames == old.sheetnames
    expected = {"C6": 1234, "D7": 0.273}
    for sheet in old.worksheets:
        twin = new[sheet.title]
        assert twin.merged_cells.ranges == sheet.merged_cells.ranges
        assert {k: v.width for k, v in twin.column_dimensions.items()} == {
            k: v.width for k, v in sheet.column_dimensions.items()
        }
        for row in sheet.iter_rows():
            for cell in row:
                other = twin[cell.coordinate]
                wanted = expected.get(cell.coordinate, cell.value) if sheet.title == SHEET else cell.value
                assert other.value == wanted, cell.coordinate
                assert other.number_format == cell.number_format
                assert other.has_style == cell.has_style
                assert other.style_id == cell.style_id
    page = new[SHEET]
    assert page["C9"].value == "=SUM(C6:C8)"
    assert page["E6"].comment is not None
    assert page["E6"].comment.text == "chưa có số liệu"
    assert page["E7"].comment is not None
    assert page["E7"].comment.text == "Ghi số của cùng kỳ.\n—\nchưa có số liệu"
    assert page["D7"].comment is not None
    assert page["C6"].comment is None
    assert page.data_validations.dataValidation[0].sqref == old[SHEET].data_validations.dataValidation[0].sqref
    assert page.print_title_rows == old[SHEET].print_title_rows


def test_parts_that_hold_no_filled_cell_go_out_byte_for_byte() -> None:
    before = parts(annex())
    after = parts(annex_fill(annex(), {("Theo xã", "C2"): Fill(Decimal(3))}))
    changed = {name for name in before if before[name] != after[name]}
    # The filled sheet; the two with formulas, whose kept results go; and the order to work them out again.
    sheets = {f"xl/worksheets/sheet{number}.xml" for number in (1, 2, 3)}
    assert changed <= sheets | {"xl/workbook.xml"}
    assert "xl/styles.xml" in before
    assert "xl/charts/chart1.xml" in before
    assert set(after) == set(before)


def test_the_same_figures_in_the_same_file_are_the_same_bytes() -> None:
    fills = {(SHEET, "C6"): Fill(Decimal("12.5"), "ước")}
    data = annex()
    assert annex_fill(data, fills) == annex_fill(data, fills)


def test_kept_results_of_formulas_do_not_outlive_the_figures_they_came_from() -> None:
    data = annex()
    sheet = parts(data)["xl/worksheets/sheet1.xml"]
    stale = sheet.replace(b"<f>SUM(C6:C8)</f><v />", b"<f>SUM(C6:C8)</f><v>99</v>")
    stale = stale.replace(b"<f>SUM(C6:C8)</f><v></v>", b"<f>SUM(C6:C8)</f><v>99</v>")
    assert b"<v>99</v>" in stale
    made = annex_fill(with_parts(data, {"xl/worksheets/sheet1.xml": stale}), {(SHEET, "C6"): Fill(Decimal(7))})
    assert load_workbook(BytesIO(made), data_only=True)[SHEET]["C9"].value is None
    assert b'fullCalcOnLoad="1"' in parts(made)["xl/workbook.xml"]


@pytest.mark.documents
def test_an_office_program_works_the_formulas_out_from_the_filled_figures(tmp_path: Path) -> None:
    made = annex_fill(annex(), {(SHEET, "C6"): Fill(Decimal(7)), (SHEET, "C7"): Fill(Decimal(30), "ước")})
    (tmp_path / "a.xlsx").write_bytes(made)
    office = ["soffice", f"-env:UserInstallation=file://{tmp_path}/lo", "--headless"]
    converts = ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "out")]
    subprocess.run([*office, *converts, str(tmp_path / "a.xlsx")], check=True, capture_output=True)
    opened = load_workbook(tmp_path / "out" / "a.xlsx", data_only=True)
    # By hand: 7 + 30 + 5 = 42, twice that on the sheet that checks it.
    assert opened[SHEET]["C9"].value == 42
    assert opened["Đối chiếu"]["A1"].value == 84
    comment = opened[SHEET]["C7"].comment
    assert comment is not None
    assert "ước" in comment.text


def test_a_formula_that_gives_way_leaves_the_chain_of_calculation_and_its_sharers_whole() -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = SHEET
    page["A1"], page["A2"], page["A3"] = 1, 2, 3
    page["B1"] = page["B2"] = page["B3"] = 0
    out = BytesIO()
    book.save(out)
    data = out.getvalue()
    held = parts(data)
    sheet = held["xl/worksheets/sheet1.xml"]
    sharer = b'<f t="shared" si="0"/>'
    for row, formula in enumerate((b'<f t="shared" ref="B1:B3" si="0">A1*10</f>', sharer, sharer), start=1):
        start = sheet.index(b'<c r="B%d"' % row)
        end = sheet.index(b"</c>", start) + 4
        sheet = sheet[:start] + b'<c r="B%d">%s<v>1</v></c>' % (row, formula) + sheet[end:]
    namespace = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    chain = b'<calcChain xmlns="%s"><c r="B1" i="1"/></calcChain>' % namespace
    rels = held["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rIdC" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"'
        b' Target="calcChain.xml"/></Relationships>',
    )
    types = held["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        b'spreadsheetml.calcChain+xml"/></Types>',
    )
    data = with_parts(
        data,
        {
            "xl/worksheets/sheet1.xml": sheet,
            "xl/calcChain.xml": chain,
            "xl/_rels/workbook.xml.rels": rels,
            "[Content_Types].xml": types,
        },
    )
    made = annex_fill(data, {(SHEET, "B1"): Fill(Decimal(77))})
    page = load_workbook(BytesIO(made))[SHEET]
    assert [page["B1"].value, page["B2"].value, page["B3"].value] == [77, "=A2*10", "=A3*10"]
    left = parts(made)
    assert "xl/calcChain.xml" not in left
    assert b"calcChain" not in left["[Content_Types].xml"] + left["xl/_rels/workbook.xml.rels"]


def test_rows_and_cells_without_numbers_are_counted() -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = SHEET
    page.append(["Nội dung", "Số"])
    page.append(["Lớp", 0])
    out = BytesIO()
    book.save(out)
    sheet = parts(out.getvalue())["xl/worksheets/sheet1.xml"]
    for name in (b' r="A1"', b' r="B1"', b' r="A2"', b' r="B2"', b' r="1"', b' r="2"'):
        sheet = sheet.replace(name, b"")
    bare = with_parts(out.getvalue(), {"xl/worksheets/sheet1.xml": sheet})
    made = annex_fill(bare, {(SHEET, "B2"): Fill(Decimal(9))})
    assert load_workbook(BytesIO(made))[SHEET]["B2"].value == 9


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"not a workbook", "workbook.not_a_workbook"),
        (b"PK\x03\x04 broken", "workbook.unreadable"),
        (b"", "workbook.empty"),
    ],
)
def test_what_is_no_annex_is_refused_in_words(data: bytes, code: str) -> None:
    with pytest.raises(Unsafe) as unsafe:
        annex_open(data)
    assert unsafe.value.code == code


def test_an_annex_with_an_entity_bomb_outside_its_sheets_is_not_parsed() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    with pytest.raises(Unsafe) as unsafe:
        annex_open(with_parts(annex(), {"docProps/app.xml": bomb}))
    assert unsafe.value.code == "workbook.unreadable"
