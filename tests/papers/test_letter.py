"""Letters of the standing office: the layout of a công văn, the number blank, the outline and every form as annexes."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import docx
import pypdf
import pytest

from tienbo.catalogue.loading import load
from tienbo.core.messages import speaking
from tienbo.core.periods import Period
from tienbo.core.words import clean
from tienbo.papers.blocks import Document, Table
from tienbo.papers.docx import docx_bytes
from tienbo.papers.letter import Asking, Behind, Sender, chasing_letter, request_letter
from tienbo.papers.pdf import pdf_bytes

EDITION, PERIOD = load("vn"), Period(2026, 1)
SENDER = Sender(profile=EDITION.signing_profiles["ban"], unit="Tỉnh Vĩnh An", province="Tỉnh Vĩnh An", place="Vĩnh An")
KINDS = ("commune", "department.home_affairs", "front")


def asking() -> Asking:
    forms = {form.code: form for kind in KINDS if (form := EDITION.form_for(kind, PERIOD)) is not None}
    outlines = [EDITION.outlines["own_commune"], EDITION.outlines["own_department"]]
    return Asking(
        period=PERIOD,
        figures_from=date(2025, 12, 15),
        figures_to=date(2026, 6, 14),
        due_on=date(2026, 6, 25),
        kinds=KINDS,
        forms=list(forms.values()),
        outlines=outlines,
        regime="NĐ 09/2019/NĐ-CP",
    )


@pytest.fixture(scope="module")
def letter() -> Document:
    with speaking("vi"):
        return request_letter(EDITION, SENDER, asking())


def words_of(made: bytes) -> str:
    return clean(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages))


def test_the_letter_has_no_name_of_its_kind_and_a_blank_number(letter: Document) -> None:
    assert letter.front.kind == ""
    assert letter.front.number == "Số:        /BVSTBPN"
    assert letter.front.subject.startswith("V/v báo cáo kết quả công tác bình đẳng giới")
    assert letter.front.addressees[0] == "Kính gửi:"
    assert letter.front.addressees[-1] == "- Ủy ban nhân dân các xã, phường, đặc khu."
    assert letter.back.recipients == ("Như trên;", "Lưu: VT.")


def test_the_letter_says_what_of_which_days_until_when(letter: Document) -> None:
    text = "\n".join(letter.lines())
    assert "từ ngày 15/12/2025 đến hết ngày 14/6/2026" in text
    assert "chậm nhất ngày 25/6/2026" in text
    assert "Thực hiện Nghị định số 09/2019/NĐ-CP, để" in text
    assert "Trân trọng đề nghị Mặt trận Tổ quốc" in text
    assert "giao nhiệm vụ" not in text


def test_every_line_of_every_form_stands_in_an_annex_and_no_figure_does(letter: Document) -> None:
    forms = asking().forms
    assert [one.title for one in letter.annex[2:]] == [f"{form.number}. {form.title}" for form in forms]
    assert letter.annex[0].title == "Đề cương báo cáo"
    for form, annex in zip(forms, letter.annex[2:], strict=True):
        tables = [block for block in annex.blocks if isinstance(block, Table)]
        printed = {cell.runs[0] for table in tables for row in table.rows for cell in row if cell.runs}
        # What is asked once a year is left out of a first half, as on the page and in the workbook.
        labels = {str(line.label) for sheet in form.sheets for block in sheet.blocks for line in block.lines}
        assert len(labels & printed) > 5
        assert printed - labels - {"×", "…"} <= {str(number) for number in range(1, 100)}


def test_word_and_pdf_say_the_same_and_are_the_same_bytes_each_time(letter: Document) -> None:
    pdf, word = pdf_bytes(letter), docx_bytes(letter)
    assert pdf_bytes(letter) == pdf
    assert docx_bytes(letter) == word
    said = words_of(pdf)
    opened = docx.Document(io.BytesIO(word))
    head = " ".join(p.text for row in opened.tables[0].rows for cell in row.cells for p in cell.paragraphs)
    for text in ("V/v báo cáo kết quả", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"):
        assert text in head
        assert clean(text) in said
    lines = [p.text for p in opened.paragraphs]
    assert "Kính gửi:" in lines
    assert "Kính gửi:" in said
    assert not any("{" in line for line in lines)


def test_a_report_has_no_line_of_a_letter(letter: Document) -> None:
    report = replace(letter, front=replace(letter.front, kind="BÁO CÁO", addressees=()), annex=())
    opened = docx.Document(io.BytesIO(docx_bytes(report)))
    head = " ".join(p.text for row in opened.tables[0].rows for cell in row.cells for p in cell.paragraphs)
    assert "V/v" not in head
    assert "BÁO CÁO" in [p.text for p in opened.paragraphs]


def test_a_reminder_lists_who_is_late_with_the_day_each_had() -> None:
    behind = [
        Behind("department", "Sở Y tế", date(2026, 6, 25), "trễ hạn"),
        Behind("commune", "Xã Đồng Tâm", date(2026, 7, 1), "đề nghị bổ sung"),
    ]
    with speaking("vi"):
        made = chasing_letter(SENDER, period=PERIOD, today=date(2026, 7, 2), due=140, behind=behind)
    (table,) = [block for block in made.body if isinstance(block, Table)]
    assert [row[1].runs[0] for row in table.rows] == ["Sở Y tế", "Xã Đồng Tâm"]
    assert [row[2].runs[0] for row in table.rows] == ["25/6/2026", "01/7/2026"]
    assert "còn 2/140" in "\n".join(made.lines())
    assert "Mặt trận" not in "\n".join(made.lines())
    assert pdf_bytes(made).startswith(b"%PDF")


def test_a_province_that_asks_for_every_form_there_is_gets_its_letter() -> None:
    with speaking("vi"):
        made = request_letter(EDITION, SENDER, replace(asking(), forms=list(EDITION.forms.values())))
    assert len(made.annex) > 12
    assert [one.number for one in made.annex[12:14]] == ["PHỤ LỤC XIII", "PHỤ LỤC XIV"]
