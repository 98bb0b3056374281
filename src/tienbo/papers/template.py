"""The default Word template of a report, made by code so that it can be read, reviewed and made again.

Sizes follow NĐ 30/2020/NĐ-CP: A4, margins 20/20/30/15–20 mm, Times New Roman 13–14, page number centred in the top
margin and not on page 1. An office takes the file, changes it in Word, and gives it back as its own template; the
places and styles it must keep are named in papers.docx.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from tienbo.papers.blocks import Back, Document, Front
from tienbo.papers.docx import TEMPLATE, write_properties
from tienbo.papers.package import packed

FONT = "Times New Roman"
CENTRE, JUSTIFY = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.JUSTIFY


def template_write(path: Path = TEMPLATE) -> None:
    """Write the default template. The same code gives the same bytes."""
    word = docx.Document()
    _page(word)
    _styles(word)
    _head(word)
    _line(word, "{%p for line in addressees %}")
    to = _line(word, "{{ line }}", size=14, before=3, after=3, align=WD_ALIGN_PARAGRAPH.LEFT)
    to.paragraph_format.left_indent = Mm(30)
    _line(word, "{%p endfor %}")
    _line(word, "{%p if kind %}")
    _line(word, "{{ kind }}", bold=True, size=14, before=12)
    _line(word, "{{ subject }}", bold=True, size=14)
    _rule(word, 45)
    _line(word, "{%p endif %}")
    _line(word, "{%p if addressee %}")
    _line(word, "{{ addressee }}", size=14, before=6, after=6)
    _line(word, "{%p endif %}")
    word.add_paragraph("{{p body }}")
    _line(word, "", size=6).paragraph_format.keep_with_next = True
    _foot(word)
    word.add_paragraph("{{p annex }}")
    _running(word)
    empty = Front("", "", "", "", "", "", "", "")
    write_properties(word, Document(empty, (), Back((), "", "", ()), made_on="2020-03-05"))
    path.write_bytes(packed(word))


def _page(word: Any) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(17)
    section.header_distance = section.footer_distance = Mm(10)
    section.different_first_page_header_footer = True


def _styles(word: Any) -> None:
    normal = word.styles["Normal"]
    _font(normal, 14)
    shape = normal.paragraph_format
    shape.first_line_indent, shape.alignment = Mm(10), JUSTIFY
    shape.space_before, shape.space_after = Pt(0), Pt(6)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.MULTIPLE, 1.15
    for level, align, italic in ((1, CENTRE, False), (2, JUSTIFY, False), (3, JUSTIFY, True)):
        style = word.styles[f"Heading {level}"]
        _font(style, 14, bold=True, italic=italic)
        style.paragraph_format.alignment = align
        style.paragraph_format.first_line_indent = Mm(0 if level == 1 else 10)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(10 if level == 1 else 6), Pt(6)
        style.paragraph_format.keep_with_next = True
    _style(word, "Bullet", 14, JUSTIFY, indent=10, after=4)
    _style(word, "Note", 11, JUSTIFY, after=2)
    _style(word, "Centred", 14, CENTRE, after=6)
    _style(word, "Head", 13, CENTRE, after=0)
    _style(word, "Plain", 14, WD_ALIGN_PARAGRAPH.LEFT, after=0)
    _style(word, "Cell", 12, WD_ALIGN_PARAGRAPH.LEFT, after=1, before=1)
    _style(word, "Figures", 12, WD_ALIGN_PARAGRAPH.RIGHT, after=1, before=1)
    caption = word.styles["Caption"]
    _font(caption, 13, bold=True)
    caption.paragraph_format.alignment, caption.paragraph_format.keep_with_next = CENTRE, True
    caption.paragraph_format.first_line_indent = Mm(0)
    caption.paragraph_format.space_before, caption.paragraph_format.space_after = Pt(8), Pt(4)


def _style(
    word: Any, name: str, size: float, align: Any, *, indent: float = 0, after: float, before: float = 0
) -> None:
    style = word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = word.styles["Normal"]
    _font(style, size)
    shape = style.paragraph_format
    shape.alignment, shape.first_line_indent = align, Mm(indent)
    shape.space_before, shape.space_after, shape.line_spacing = Pt(before), Pt(after), 1.0 if size < 14 else 1.15


def _font(style: Any, size: float, *, bold: bool = False, italic: bool = False) -> None:
    style.font.size, style.font.bold, style.font.italic = Pt(size), bold, italic
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]  # the theme's fonts would win over the name
    for kind in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{kind}"), FONT)


def _line(
    holder: Any,
    text: str,
    *,
    style: str = "Head",
    bold: bool = False,
    italic: bool = False,
    size: float | None = None,
    before: float = 0,
    after: float = 0,
    align: Any = None,
) -> Any:
    paragraph = holder.add_paragraph(style=style)
    run = paragraph.add_run(text)
    run.bold, run.italic = bold, italic
    if size:
        run.font.size = Pt(size)
    if before:
        paragraph.paragraph_format.space_before = Pt(before)
    if after:
        paragraph.paragraph_format.space_after = Pt(after)
    if align is not None:
        paragraph.alignment = align
    return paragraph


def _rule(holder: Any, across: float) -> None:
    """The short line under a name: a paragraph's upper border between wide indents."""
    width = 163 if not hasattr(holder, "width") else holder.width.mm
    paragraph = holder.add_paragraph(style="Head")
    shape = paragraph.paragraph_format
    shape.left_indent = shape.right_indent = Mm(max(0.0, (width - 4 - across) / 2))
    shape.space_before, shape.line_spacing = Pt(3), Pt(6)
    border = f'<w:pBdr {nsdecls("w")}><w:top w:val="single" w:sz="6" w:space="1" w:color="000000"/></w:pBdr>'
    paragraph._p.get_or_add_pPr().insert_element_before(parse_xml(border), "w:spacing", "w:ind", "w:jc", "w:rPr")


def _columns(word: Any, widths: tuple[float, float]) -> tuple[Any, Any]:
    """A table of one row and two columns, without borders."""
    table = word.add_table(rows=1, cols=2)
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for index, width in enumerate(widths):
        table.columns[index].width = table.rows[0].cells[index].width = Mm(width)
    left, right = table.rows[0].cells
    for cell in (left, right):
        cell._tc.remove(cell.paragraphs[0]._p)
    return left, right


def _head(word: Any) -> None:
    left, right = _columns(word, (73, 97))
    _line(left, "{%p if superior %}")
    _line(left, "{{ superior }}", size=12)
    _line(left, "{%p endif %}")
    _line(left, "{{ issuer }}", bold=True, size=12)
    _rule(left, 24)
    _line(left, "{{ number }}", size=13)
    _line(left, "{%p if not kind %}")  # a letter: its subject stands under the number
    _line(left, "{{ subject }}", size=12, before=3)
    _line(left, "{%p endif %}")
    _line(right, "{{ nation }}", bold=True, size=12)
    _line(right, "{%p if motto %}")
    _line(right, "{{ motto }}", bold=True, size=13)
    _line(right, "{%p endif %}")
    _rule(right, 52)
    _line(right, "{{ place_and_date }}", italic=True, size=13)


def _foot(word: Any) -> None:
    left, right = _columns(word, (68, 95))
    row = left._tc.getparent()
    row.get_or_add_trPr().append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))
    _line(left, "{%p for line in beside %}")  # a second person signs here: the recipients stand below
    _line(left, "{{ line }}", bold=True, size=13.5)
    _line(left, "{%p endfor %}")
    _line(left, "{%p if not beside %}", style="Plain")
    _recipients(left)
    _line(left, "{%p endif %}", style="Plain")
    _line(right, "{%p for line in signature %}")
    _line(right, "{{ line }}", bold=True, size=13.5)
    _line(right, "{%p endfor %}")
    _line(right, "{%p if signature %}")
    for _ in range(4):
        _line(right, "", size=13.5)
    _line(right, "{%p endif %}")
    _line(right, "{{ signer }}", bold=True, size=14)
    _line(word, "{%p if beside %}", style="Plain")
    _recipients(word)
    _line(word, "{%p endif %}", style="Plain")


def _recipients(holder: Any) -> None:
    _line(holder, "{{ recipients_title }}", style="Plain", bold=True, italic=True, size=12)
    _line(holder, "{%p for line in recipients %}", style="Plain")
    _line(holder, "- {{ line }}", style="Plain", size=11)
    _line(holder, "{%p endfor %}", style="Plain")


def _running(word: Any) -> None:
    """Page number above from page 2 on; the notice below on every page."""
    section = word.sections[0]
    number = section.header.paragraphs[0]
    number.style, number.alignment = word.styles["Head"], CENTRE
    for piece in (
        '<w:fldChar w:fldCharType="begin"/>',
        '<w:instrText xml:space="preserve"> PAGE </w:instrText>',
        '<w:fldChar w:fldCharType="separate"/>',
        "<w:t>2</w:t>",
        '<w:fldChar w:fldCharType="end"/>',
    ):
        look = '<w:rPr><w:sz w:val="27"/></w:rPr>'
        number._p.append(parse_xml(f"<w:r {nsdecls('w')}>{look}{piece}</w:r>"))
    section.first_page_header.paragraphs[0].style = word.styles["Head"]
    for footer in (section.footer, section.first_page_footer):
        line = footer.paragraphs[0]
        line.style = word.styles["Head"]
        run = line.add_run("{{ notice }}")
        run.italic, run.bold, run.font.size = True, True, Pt(11)
