"""The annex that tests fill in: made with openpyxl as a ministry would, with everything that must stay as it is."""

from __future__ import annotations

from io import BytesIO

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation

SHEET = "Biểu 1"
THIN = Side(style="thin")


def annex(*, sheet: str = SHEET, shift: int = 0, year: int = 2026) -> bytes:
    """Two sheets. `shift` puts empty rows above the body, as a new version of a form does.

    |   | A   | B                                | C       | D            | E                |
    | 4 | STT | Nội dung                         | Năm … (over C:D)       | Cùng kỳ năm trước |
    | 5 |     |                                  | Tổng số | Tỷ lệ nữ (%) |                  |
    | 6 | 1   | Số lớp tập huấn                  |         |              |                  |
    | 7 | 2   | Lượt người tham gia tập huấn     |         | format 0.0%  |                  |
    | 8 | 3   | Người đứng đầu                   | 5       | format 0.0   | dd/mm/yyyy       |
    | 9 |     | Cộng                             | =SUM(C6:C8)            |                  |
    """
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    page["A1"] = "Phụ lục kèm theo Công văn về số liệu bình đẳng giới"
    page.merge_cells("A1:E1")
    page["A1"].font = Font(name="Times New Roman", size=14, bold=True)
    head = 4 + shift
    for cell, words in {
        f"A{head}": "STT", f"B{head}": "Nội dung", f"C{head}": f"Năm {year}", f"C{head + 1}": "Tổng số",
        f"D{head + 1}": "Tỷ lệ nữ (%)", f"E{head}": "Cùng kỳ năm trước",
        f"B{head + 2}": "Số lớp tập huấn", f"B{head + 3}": "Lượt người tham gia tập huấn",
        f"B{head + 4}": "Người đứng đầu", f"B{head + 5}": "Cộng",
    }.items():  # fmt: skip
        page[cell] = words
    for number in range(3):
        page[f"A{head + 2 + number}"] = number + 1
    for merged in (f"A{head}:A{head + 1}", f"B{head}:B{head + 1}", f"C{head}:D{head}", f"E{head}:E{head + 1}"):
        page.merge_cells(merged)
    for row in page[f"A{head}:E{head + 5}"]:
        for cell in row:
            cell.border = Border(THIN, THIN, THIN, THIN)
    page[f"C{head + 2}"].number_format = "#,##0"
    page[f"C{head + 2}"].fill = PatternFill("solid", fgColor="FFF2CC")
    page[f"D{head + 3}"].number_format = "0.0%"
    page[f"D{head + 4}"].number_format = "0.0"
    page[f"C{head + 4}"] = 5
    page[f"E{head + 4}"].number_format = "dd/mm/yyyy"
    page[f"C{head + 5}"] = f"=SUM(C{head + 2}:C{head + 4})"
    page[f"E{head + 3}"].comment = Comment("Ghi số của cùng kỳ.", "Bộ")
    page.column_dimensions["B"].width = 40
    page.freeze_panes = f"A{head + 2}"
    page.print_title_rows = f"{head}:{head + 1}"
    allowed = DataValidation(type="whole", operator="greaterThanOrEqual", formula1="0")
    allowed.add(f"C{head + 2}")
    page.add_data_validation(allowed)
    units = book.create_sheet("Theo xã")
    units.append(["STT", "Đơn vị", "Số lớp tập huấn"])
    for number, name in enumerate(("Xã Đồng Tâm", "Hòa Lạc", "Phường Bến Thóc", "Xã Không Có"), start=1):
        units.append([number, name])
    for row in units["A1:C5"]:
        for cell in row:
            cell.border = Border(THIN, THIN, THIN, THIN)
    last = book.create_sheet("Đối chiếu")
    last["A1"] = f"='{sheet}'!C{head + 5}*2"
    chart = BarChart()
    chart.add_data(Reference(page, min_col=3, min_row=head + 2, max_row=head + 3))
    last.add_chart(chart, "C3")
    out = BytesIO()
    book.save(out)
    return out.getvalue()
