"""The files a report becomes: Word that an office can edit, PDF that anybody can read, the same bytes on any day."""

from __future__ import annotations

import io
import math
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest
import vl_convert
from docx.oxml.ns import qn
from PIL import Image, ImageChops
from tests.papers.a_province import communes, report, said
from tests.papers.typeface import environment

from tienbo.core.faults import Refused
from tienbo.core.words import clean
from tienbo.papers import chart, fonts
from tienbo.papers.blocks import Cell, Chart, Column, Document, Paragraph, Table
from tienbo.papers.docx import STYLES, TEMPLATE, docx_bytes, write_docx
from tienbo.papers.pdf import pdf_bytes
from tienbo.papers.template import template_write

TEXTS = (said("highlight", "Xã Mây 01", "Nhân rộng <b>mô hình</b> & {{ tổ }} {% if %}"),)


@pytest.fixture(scope="module")
def paper() -> Document:
    return report(texts=TEXTS, children=communes(40), notice="Số liệu minh họa")


@pytest.fixture(scope="module")
def word(paper: Document) -> bytes:
    return docx_bytes(paper)


@pytest.fixture(scope="module")
def pdf(paper: Document) -> bytes:
    return pdf_bytes(paper)


def opened(made: bytes) -> Any:
    return docx.Document(io.BytesIO(made))


def part(made: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        return package.read(name).decode()


def words_of(made: bytes) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(made))
    return clean(" ".join(page.extract_text() for page in reader.pages)).split()


# ------------------------------------------------------------------------------------------------- the same bytes


def test_the_same_document_gives_the_same_bytes(paper: Document, word: bytes, pdf: bytes) -> None:
    assert docx_bytes(paper) == word
    assert pdf_bytes(paper) == pdf


def test_the_template_in_the_package_is_the_one_its_code_writes(tmp_path: Path) -> None:
    template_write(tmp_path / "report.docx")
    assert (tmp_path / "report.docx").read_bytes() == TEMPLATE.read_bytes()


# ----------------------------------------------------------------------------------- the page of NĐ 30/2020/NĐ-CP


def test_the_page_and_its_margins_are_those_of_official_paper(word: bytes) -> None:
    for section in opened(word).sections:
        sides = sorted((section.page_width.mm, section.page_height.mm))
        assert sides == pytest.approx([210, 297], abs=0.1)
        assert 20 <= round(section.top_margin.mm) <= 25
        assert 20 <= round(section.bottom_margin.mm) <= 25
        assert 30 <= round(section.left_margin.mm) <= 35
        assert 15 <= round(section.right_margin.mm) <= 20
    first = opened(word).sections[0]
    assert first.page_height > first.page_width, "portrait; tables alone may turn the page"


def test_the_letters_are_times_new_roman_13_or_14_and_black(word: bytes) -> None:
    normal = opened(word).styles["Normal"]
    assert normal.font.name == "Times New Roman"
    assert 13 <= normal.font.size.pt <= 14
    assert str(normal.font.color.rgb) == "000000"
    shape = normal.paragraph_format
    assert shape.alignment is not None
    assert int(shape.alignment) == 3, "justified"
    assert 1.0 <= float(shape.line_spacing or 0) <= 1.5
    assert (shape.space_after or 0) + (shape.space_before or 0) >= docx.shared.Pt(6)
    assert shape.first_line_indent is not None
    assert round(shape.first_line_indent.mm, 1) in (10.0, 12.7)


def test_pages_are_numbered_in_the_top_margin_from_the_second_on(word: bytes) -> None:
    first = opened(word).sections[0]
    assert first.different_first_page_header_footer
    assert "PAGE" not in first.first_page_header._element.xml
    assert " PAGE " in first.header._element.xml
    assert int(first.header.paragraphs[0].alignment) == 1, "centred"


def test_parts_are_centred_and_bold(word: bytes) -> None:
    style = opened(word).styles["Heading 1"]
    assert (int(style.paragraph_format.alignment), style.font.bold) == (1, True)


def test_a_demonstration_says_so_at_the_foot_of_every_page(word: bytes, pdf: bytes) -> None:
    section = opened(word).sections[0]
    assert section.first_page_footer.paragraphs[0].text == section.footer.paragraphs[0].text == "Số liệu minh họa"
    for other in list(opened(word).sections)[1:]:
        assert other.footer.paragraphs[0].text == "Số liệu minh họa", "its own or the one before"
        assert not other.different_first_page_header_footer
    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        assert "Số liệu minh họa" in clean(page.extract_text())


def test_head_and_signature_stand_where_official_paper_has_them(word: bytes) -> None:
    made = opened(word)
    head, foot = made.tables[0], made.tables[-1]
    tables = [one for one in made.tables if not one._tbl.tblPr.findall(qn("w:tblBorders"))]
    head, foot = tables[0], tables[-1]
    left, right = (cell.text for cell in head.rows[0].cells)
    assert left.replace("\u00a0", " ").splitlines()[:2] == [
        "ỦY BAN NHÂN DÂN TỈNH SÔNG MÂY",
        "BAN VÌ SỰ TIẾN BỘ CỦA PHỤ NỮ",
    ]
    assert re.search(r"Số: +/BC-BVSTBPN", left)
    assert right.startswith("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc")
    recipients, signature = (cell.text for cell in foot.rows[0].cells)
    assert recipients.startswith("Nơi nhận:")
    assert recipients.strip().endswith("- Lưu: VT, SNV.")
    assert signature.startswith("TM. BAN VSTBPN\nTRƯỞNG BAN")


# ------------------------------------------------------------------------------------------------------ editable


def test_every_paragraph_has_a_style_of_the_template(word: bytes) -> None:
    made = opened(word)
    known = {style.style_id for style in made.styles}
    used = set(re.findall(r'<w:pStyle w:val="([^"]+)"', part(word, "word/document.xml")))
    assert used <= known
    assert {"Heading1", "Heading2", "Heading3"} <= used
    assert {style.name for style in made.styles} >= set(STYLES)


def test_tables_are_tables_whose_heads_repeat_and_whose_rows_do_not_break(paper: Document, word: bytes) -> None:
    bordered = [one for one in opened(word).tables if one._tbl.tblPr.findall(qn("w:tblBorders"))]
    assert len(bordered) == sum(isinstance(block, Table) for block in paper.blocks())
    for one in bordered:
        properties = [row._tr.trPr for row in one.rows]
        assert properties[0].find(qn("w:tblHeader")) is not None
        assert all(held.find(qn("w:cantSplit")) is not None for held in properties)


def test_figures_in_tables_stand_right_and_do_not_inherit_the_first_line(word: bytes) -> None:
    style = opened(word).styles["Figures"]
    assert int(style.paragraph_format.alignment) == 2
    assert style.paragraph_format.first_line_indent == 0


def test_pictures_say_what_they_show_to_who_cannot_see_them(word: bytes) -> None:
    alts = re.findall(r'<wp:docPr [^>]*descr="([^"]+)"', part(word, "word/document.xml"))
    assert len(alts) >= 3
    assert all(alts)


def test_pictures_are_the_drawings_at_twice_their_size_point_for_point(paper: Document) -> None:
    for drawn in (block.svg for block in paper.blocks() if isinstance(block, Chart)):
        made = Image.open(io.BytesIO(chart.png(drawn)))
        assert made.size == tuple(math.ceil(2 * side) for side in chart.size(drawn))
        vl_convert.register_font_directory(str(fonts.folder()))
        other = Image.open(io.BytesIO(vl_convert.svg_to_png(drawn, scale=2)))
        assert ImageChops.difference(made, other).getbbox() is None


def test_what_people_typed_is_text_and_never_mark_up(word: bytes, pdf: bytes) -> None:
    typed = "Nhân rộng <b>mô hình</b> & {{ tổ }} {% if %} (Xã Mây 01)."
    assert any(typed in paragraph.text for paragraph in opened(word).paragraphs)
    assert "<b>mô hình</b> & {{ tổ }} {% if %}" in " ".join(words_of(pdf))


# ------------------------------------------------------------------------------------------------ the PDF, and both


NO_BREAK = "Đạt\u00a0≥\u00a03.000\u202fngười, 27,3\u00a0%, một\ttab và\x07 chuông"
AS_PRINTED = "Đạt\u00a0≥\u00a03.000\u202fngười, 27,3\u00a0%, một tab và  chuông"


def test_what_must_not_break_is_kept_in_word_and_what_xml_cannot_carry_is_a_blank(paper: Document) -> None:
    table = Table("", (Column("Số\u00a0liệu", 20),), ((Cell((NO_BREAK,)),),))
    held = replace(paper, body=(Paragraph((NO_BREAK,)), table), annex=())
    word = opened(docx_bytes(held))
    assert AS_PRINTED in [one.text for one in word.paragraphs]
    told = [one.text for table in word.tables for row in table.rows for one in row.cells]
    assert {AS_PRINTED, "Số\u00a0liệu"} <= set(told)


def lines_ending(blank: str, paper: Document) -> int:
    """Lines of a PDF after whose last sign ≥ a figure goes on in the next, of a text that comes to the margin at
    sixty places."""
    body = tuple(Paragraph(("xã " * 20 + "i" * many + f" từ ≥{blank}3.000{blank}người trở lên",)) for many in range(60))
    made = pdf_bytes(replace(paper, body=body, annex=()))
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages]
    lines = [line.strip() for page in pages for line in page.splitlines()]
    assert sum(line.count("≥") for line in lines) == len(body)
    return sum(line.endswith(("≥", "3.000")) for line in lines)


def test_no_line_of_a_pdf_ends_where_none_may(paper: Document) -> None:
    assert lines_ending(" ", paper) > 3, "with plain blanks some do: the text comes to the margin there"
    assert lines_ending("\u00a0", paper) == lines_ending("\u202f", paper) == 0


def test_the_fonts_of_the_pdf_are_embedded(pdf: bytes) -> None:
    fonts: set[str] = set()
    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        for held in page["/Resources"].get("/Font", {}).values():
            font = held.get_object()
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            descriptor = inner["/FontDescriptor"].get_object()
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)
            fonts.add(str(inner["/BaseFont"]).partition("+")[2].partition("-")[0])
    assert fonts == {"Tinos"}


@pytest.mark.documents
def test_word_opens_in_libreoffice_with_the_words_of_the_pdf(tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    small = report(texts=TEXTS, children=communes(3))
    path = tmp_path / "report.docx"
    write_docx(small, path)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180, env=environment(tmp_path))
    converted, written = words_of((tmp_path / "report.pdf").read_bytes()), words_of(pdf_bytes(small))
    # Page numbers, repeated heads of tables and marks of notes fall where each program breaks its pages, and the words
    # inside a drawn chart are a picture in Word: what remains is the same.
    assert abs(len(written) - len(converted)) < len(written) * 0.2
    for line in small.lines():
        for piece in re.split(r"\s*\[[^\]]*\]\s*", clean(line)):
            for name, held in (("docx", converted), ("pdf", written)):
                assert "".join(piece.split()) in "".join(held), f"{name} lacks “{piece}”"


# --------------------------------------------------------------------------------------------- an office's template


def changed(tmp_path: Path, change: Any) -> Path:
    made = docx.Document(str(TEMPLATE))
    change(made)
    path = tmp_path / "of-the-office.docx"
    made.save(str(path))
    return path


def test_an_office_may_give_its_own_template(paper: Document, tmp_path: Path) -> None:
    def wider(made: Any) -> None:
        made.sections[0].left_margin = docx.shared.Mm(35)
        made.add_paragraph("Mẫu của văn phòng")

    made = opened(docx_bytes(paper, changed(tmp_path, wider)))
    assert round(made.sections[0].left_margin.mm) == 35
    assert made.paragraphs[-1].text == "Mẫu của văn phòng"


def test_a_place_may_stand_inside_a_table_of_the_template(paper: Document, word: bytes, tmp_path: Path) -> None:
    """What the paper says is the same; the template's paragraphs around the place stay where they were."""

    def framed(made: Any) -> None:
        (place,) = (one for one in made.paragraphs if "{{p body" in one.text)
        table = made.add_table(1, 1)
        place._p.addprevious(table._tbl)
        table.cell(0, 0)._tc.insert(1, place._p)

    made = docx_bytes(paper, changed(tmp_path, framed))
    words, plain = ("".join(re.findall(r"<w:t[ >][^<]*", part(one, "word/document.xml"))) for one in (made, word))
    assert words == plain
    assert any(len(one.cell(0, 0).paragraphs) > 10 for one in opened(made).tables), "the body stands in the cell"


def test_a_template_without_a_place_is_refused_and_says_which(paper: Document, tmp_path: Path) -> None:
    def without(made: Any) -> None:
        for paragraph in list(made.paragraphs):
            if "{{p" in paragraph.text:
                paragraph._p.getparent().remove(paragraph._p)

    with pytest.raises(Refused) as refused:
        docx_bytes(paper, changed(tmp_path, without))
    assert [fault.code for fault in refused.value.faults] == ["papers.template_without_place"] * 2
    assert [fault.fields["place"] for fault in refused.value.faults] == ["body", "annex"]


def test_a_template_without_a_style_is_refused_and_says_which(paper: Document, tmp_path: Path) -> None:
    def without(made: Any) -> None:
        for name in ("Bullet", "Figures"):
            style = made.styles[name].element
            style.getparent().remove(style)

    with pytest.raises(Refused) as refused:
        docx_bytes(paper, changed(tmp_path, without))
    assert [fault.fields["style"] for fault in refused.value.faults] == ["Bullet", "Figures"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a package", b"{{ issuer }}"])
def test_what_is_no_word_file_is_refused_in_words(paper: Document, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.docx"
    path.write_bytes(content)
    with pytest.raises(Refused) as refused:
        docx_bytes(paper, path)
    assert [fault.code for fault in refused.value.faults] == ["papers.template_unreadable"]


def test_a_template_cannot_reach_what_it_is_not_given(paper: Document, tmp_path: Path) -> None:
    def curious(made: Any) -> None:
        made.add_paragraph("{{ issuer.__class__.__mro__ }}")

    with pytest.raises(Refused):
        docx_bytes(paper, changed(tmp_path, curious))
