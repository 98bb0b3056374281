"""Document → an editable Word file, poured into a template that an office may own and change.

The template supplies page, styles, header, signature and recipients as places ("{{ issuer }}"); the body and the
annexes are written where it says {{p body}} and {{p annex}}. Blocks are written straight as WordprocessingML: a table
of a hundred communes costs milliseconds that way, and no text is ever read as mark-up. The same document gives the
same bytes: parts are stored in order with a fixed time, properties carry the document's own day.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.xmlchemy import serialize_for_reading
from docx.shared import Mm
from docxtpl import DocxTemplate
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree  # type: ignore[import-untyped]

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.papers import chart, lao
from tienbo.papers.blocks import (
    Annex,
    Block,
    Bound,
    Cell,
    Chart,
    Column,
    Document,
    Footnote,
    Heading,
    Paragraph,
    Run,
    Table,
    heads,
)
from tienbo.papers.package import packed

TEMPLATE = Path(__file__).parent / "templates" / "report.docx"
STYLES = ("Normal", "Heading 1", "Heading 2", "Heading 3", "Bullet", "Note", "Centred", "Caption", "Cell", "Figures")
"""Names of the styles that a template must hold: what the blocks are written in."""
_MARKS = {"body": "tienbo:body", "annex": "tienbo:annex"}
_KEEP = "<w:keepNext/><w:keepLines/>"
_STYLE_OF = {"body": "Normal", "bullet": "Bullet", "note": "Note", "centred": "Centred"}

worded(
    {
        "papers.template_unreadable": N_("The Word template cannot be read: {reason}"),
        "papers.template_without_place": N_("The Word template has no place for {{{{p {place} }}}}."),
        "papers.template_without_style": N_("The Word template lacks the paragraph style “{style}”."),
    }
)


def write_docx(document: Document, path: Path, template: Path | None = None) -> None:
    """Write `document` to `path`. Refused, with every fault found, when an office's template cannot carry it."""
    path.write_bytes(docx_bytes(document, template))


def docx_bytes(document: Document, template: Path | None = None) -> bytes:
    """The Word file as bytes; the same document and template give the same bytes."""
    source = template or TEMPLATE
    made = DocxTemplate(io.BytesIO(_stored(source, source.stat().st_mtime_ns)))
    try:
        made.init_docx()
        _check_styles(made, source)
        made.render(_fields(document), SandboxedEnvironment(autoescape=True), autoescape=True)
    except (TemplateError, KeyError, ValueError, zipfile.BadZipFile) as broken:
        raise Refused(Fault("papers.template_unreadable", source.name, {"reason": broken})) from broken
    word = made.docx
    writer = _Writer(word, {style.name: style.style_id for style in word.styles})
    places = _places(word, source)
    body = list(writer.blocks(document.body))
    annex = list(writer.annexes(document.annex))
    if not _poured(word.element.body, places, body, annex):
        _splice(places["body"], body)
        _splice(places["annex"], annex)
    writer.close_sections(document.annex)
    writer.write_footnotes()
    if writer.lao:
        lao.embed(word)
    write_properties(word, document)
    return packed(word)


@lru_cache(maxsize=8)
def _stored(source: Path, _mtime: int) -> bytes:
    return source.read_bytes()


def _fields(document: Document) -> dict[str, Any]:
    front, back = document.front, document.back
    return {
        "superior": front.superior,
        "issuer": front.issuer,
        "nation": front.nation,
        "motto": front.motto,
        "number": front.number,
        "place_and_date": front.place_and_date,
        "kind": front.kind,
        "subject": front.subject,
        "addressee": front.addressee,
        "addressees": front.addressees,
        "signature": back.signature,
        "beside": back.beside,
        "signer": back.signer,
        "recipients_title": back.recipients_title,
        "recipients": back.recipients,
        "notice": document.notice,
        **_MARKS,
    }


def _check_styles(made: DocxTemplate, source: Path) -> None:
    held = {style.name for style in made.docx.styles}
    missing = [style for style in STYLES if style not in held]
    if missing:
        raise Refused(*(Fault("papers.template_without_style", source.name, {"style": style}) for style in missing))


def _places(word: Any, source: Path) -> dict[str, Any]:
    """The paragraphs that {{p body}} and {{p annex}} left behind."""
    found = {}
    # {{p …}} removes its paragraph: its text then stands bare between the elements of the body.
    holder = word.element.body
    for name, mark in _MARKS.items():
        for element in [holder, *holder.iter()]:
            tail = element.text if element is holder else element.tail
            if tail and mark in tail:
                anchor = parse_xml(f"<w:p {nsdecls('w')}/>")
                if element is holder:
                    element.text = tail.replace(mark, "")
                    holder.insert(0, anchor)
                else:
                    element.tail = tail.replace(mark, "")
                    element.addnext(anchor)
                found[name] = anchor
                break
    missing = [name for name in _MARKS if name not in found]
    if missing:
        raise Refused(*(Fault("papers.template_without_place", source.name, {"place": name}) for name in missing))
    return found


_BODY = f"<w:body {nsdecls('w', 'r', 'wp', 'a', 'pic')}>"


def _poured(holder: Any, places: dict[str, Any], body: Sequence[str], annex: Sequence[str]) -> bool:
    """Make the document's body of the pieces, with what the template holds put around them; False where a place stands
    inside something else. To move thousands of cells into the template's body takes four times as long as to read
    them; the template's few paragraphs are moved at once."""
    around = list(holder)
    if [one for one in around if one in places.values()] != [places["body"], places["annex"]]:
        return False
    held = parse_xml(f"{_BODY}{''.join(body)}<!---->{''.join(annex)}</w:body>")
    between = next(held.iterchildren(etree.Comment))
    first, last = around.index(places["body"]), around.index(places["annex"])
    held.text = holder.text
    for index, element in enumerate(around):
        if index < first:
            held.insert(index, element)
        elif first < index < last:
            between.addprevious(element)
        elif index > last:
            held.append(element)
    held.remove(between)
    holder.getparent().replace(holder, held)
    return True


def _splice(anchor: Any, pieces: Iterable[str]) -> None:
    """Put the pieces of WordprocessingML where the anchor stands, and take the anchor away."""
    held = parse_xml(f"{_BODY}{''.join(pieces)}</w:body>")
    for element in list(held):
        anchor.addprevious(element)
    anchor.getparent().remove(anchor)


@dataclass
class _Writer:
    """Blocks → pieces of WordprocessingML, with the parts they need (pictures, footnotes) put into the package."""

    word: Any
    styles: dict[str, str]
    footnotes: list[str] = field(default_factory=list)
    pictures: int = 0
    landscape: bool = False
    lao: bool = False
    """Whether Lao was written: its font then travels in the file."""

    # ------------------------------------------------------------------------------------------ sections

    def blocks(self, blocks: Sequence[Block]) -> Iterator[str]:
        for index, block in enumerate(blocks, 1):
            yield from self._turned(isinstance(block, Table) and block.landscape)
            if index == len(blocks) and isinstance(block, Paragraph):
                # The signature stands under some words of the paper, never alone on a page.
                yield self._p(_STYLE_OF[block.style], self._dashed(block), _KEEP)
            else:
                yield from self._block(block)
        yield from self._turned(False)

    def annexes(self, annexes: Iterable[Annex]) -> Iterator[str]:
        for index, annex in enumerate(annexes):
            if index == 0 or annex.landscape != self.landscape:
                yield self._section(self.landscape)
                self.landscape = annex.landscape
                page_break = ""
            else:
                page_break = "<w:pageBreakBefore/>"
            yield self._p("Heading 1", self._r(annex.number), page_break)
            yield self._p("Centred", self._r(annex.title, "<w:b/>"))
            for block in annex.blocks:
                yield from self._block(block)

    def _turned(self, landscape: bool) -> Iterator[str]:
        """The end of a section where the paper turns."""
        if landscape != self.landscape:
            yield self._section(self.landscape)
            self.landscape = landscape

    def _section(self, landscape: bool) -> str:
        # The paragraph that ends a section must not cost a line: a full page would spill onto an empty one.
        thin = '<w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/><w:rPr><w:sz w:val="2"/></w:rPr>'
        return f"<w:p><w:pPr>{thin}{_oriented(self._page(), landscape)}</w:pPr></w:p>"

    def _page(self) -> Any:
        return self.word.element.body.find(qn("w:sectPr"))

    def close_sections(self, annexes: tuple[Annex, ...]) -> None:
        """Give the first section the header and footer, and the last section its own direction."""
        last = self._page()
        sections = list(self.word.element.body.iter(qn("w:sectPr")))
        if len(sections) == 1:
            return
        first = sections[0]
        for reference in reversed([*last.iter(qn("w:headerReference")), *last.iter(qn("w:footerReference"))]):
            first.insert(0, deepcopy(reference))
        for title in last.findall(qn("w:titlePg")):
            first.append(deepcopy(title))
            last.remove(title)
        if annexes and annexes[-1].landscape:
            _turn(last)

    # -------------------------------------------------------------------------------------------- blocks

    def _block(self, block: Block) -> Iterator[str]:
        if isinstance(block, Heading):
            yield from self._heading(block)
        elif isinstance(block, Paragraph):
            yield self._p(_STYLE_OF[block.style], self._dashed(block))
        elif isinstance(block, Table):
            yield from self._table(block)
        else:
            yield from self._picture(block)

    def _dashed(self, paragraph: Paragraph) -> str:
        return (self._r("- ") if paragraph.style == "bullet" else "") + self._runs(paragraph.runs)

    def _heading(self, heading: Heading) -> Iterator[str]:
        style = f"Heading {heading.level}"
        if heading.level == 1 and heading.number:
            yield self._p(style, self._r(heading.number) + "<w:r><w:br/></w:r>" + self._r(heading.text))
        else:
            yield self._p(style, self._r(f"{heading.number} {heading.text}".strip()))

    def _p(self, style: str, runs: str, extra: str = "") -> str:
        return f'<w:p><w:pPr><w:pStyle w:val="{self.styles[style]}"/>{extra}</w:pPr>{runs}</w:p>'

    def _runs(self, runs: Iterable[Run], look: str = "") -> str:
        return "".join(self._footnote(run) if isinstance(run, Footnote) else self._r(_text(run), look) for run in runs)

    def _r(self, text: str, look: str = "") -> str:
        if not lao.holds(text):
            return _run(text, f"<w:rPr>{look}</w:rPr>" if look else "")
        self.lao = True
        return "".join(
            _run(piece, lao.properties("<w:b/>" in look) if is_lao else f"<w:rPr>{look}</w:rPr>" if look else "")
            for is_lao, piece in lao.pieces(text)
        )

    def _footnote(self, note: Footnote) -> str:
        number = len(self.footnotes) + 1
        mark = '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
        self.footnotes.append(
            f'<w:footnote w:id="{number}"><w:p><w:pPr><w:pStyle w:val="{self.styles["Note"]}"/></w:pPr>'
            f"<w:r>{mark}<w:footnoteRef/></w:r>{self._r(' ')}{self._runs(note.runs)}</w:p></w:footnote>"
        )
        return f'<w:r>{mark}<w:footnoteReference w:id="{number}"/></w:r>'

    def _table(self, table: Table) -> Iterator[str]:
        if table.title:
            yield self._p("Caption", self._r(table.title))
        widths = _widths(table.columns, self._text_width())
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        borders = "".join(
            f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
            for side in ("top", "left", "bottom", "right", "insideH", "insideV")
        )
        head = "".join(
            self._cell(Cell((column.label,), bold=True, align="center"), column, width)
            for column, width in zip(table.columns, widths, strict=True)
        )
        rows = "".join(
            f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{self._row(row, table, widths)}</w:tr>" for row in table.rows
        )
        yield (
            f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
            f"<w:tblBorders>{borders}</w:tblBorders>"
            f'<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="57" w:type="dxa"/>'
            f'<w:right w:w="57" w:type="dxa"/></w:tblCellMar><w:tblLook w:val="0620"/></w:tblPr>'
            f"<w:tblGrid>{grid}</w:tblGrid>"
            f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>{rows}</w:tbl>"
        )
        for note in table.notes:
            yield self._p("Note", self._runs(note))
        yield self._p("Note", "")

    def _row(self, row: tuple[Cell, ...], table: Table, widths: list[int]) -> str:
        made, at = [], 0
        for cell in row:
            made.append(self._cell(cell, table.columns[at], sum(widths[at : at + cell.span]), keep=heads(row)))
            at += cell.span
        return "".join(made)

    def _cell(self, cell: Cell, column: Column, width: int, *, keep: bool = False) -> str:
        span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
        look = ("<w:b/>" if cell.bold else "") + ("<w:i/>" if cell.italic else "")
        side = cell.align or column.align
        style = "Figures" if side == "right" else "Cell"
        align = (_KEEP if keep else "") + (f'<w:jc w:val="{side}"/>' if side == "center" else "")
        return (
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}<w:vAlign w:val="center"/></w:tcPr>'
            f"{self._p(style, self._runs(cell.runs, look), align)}</w:tc>"
        )

    def _picture(self, picture: Chart) -> Iterator[str]:
        drawn = chart.png(picture.svg)
        reference, _ = self.word.part.get_or_add_image(io.BytesIO(drawn))
        wide, high = chart.size(picture.svg)
        across = int(Mm(min(self._text_width() / 56.7, 160)))
        down = int(across * high / wide)
        self.pictures += 1
        alt, name = quoteattr(picture.alt), quoteattr(f"Chart {self.pictures}")
        yield self._p("Caption", self._r(picture.title))
        inline = (
            f'<w:r><w:drawing><wp:inline><wp:extent cx="{across}" cy="{down}"/>'
            f'<wp:docPr id="{self.pictures}" name={name} descr={alt}/>'
            f'<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>'
            f'<pic:nvPicPr><pic:cNvPr id="{self.pictures}" name={name}/><pic:cNvPicPr/></pic:nvPicPr>'
            f'<pic:blipFill><a:blip r:embed="{reference}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
            f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{across}" cy="{down}"/></a:xfrm>'
            f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
            f"</wp:inline></w:drawing></w:r>"
        )
        yield self._p("Centred", inline)
        if picture.note:
            yield self._p("Note", self._r(picture.note))

    def _text_width(self) -> int:
        """The width between the margins, in twentieths of a point."""
        page, margins = self._page().find(qn("w:pgSz")), self._page().find(qn("w:pgMar"))
        across = page.get(qn("w:h") if self.landscape else qn("w:w"))
        return int(across) - int(margins.get(qn("w:left"))) - int(margins.get(qn("w:right")))

    # ----------------------------------------------------------------------------------------- footnotes

    def write_footnotes(self) -> None:
        if not self.footnotes:
            return
        separators = (
            '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
            '<w:footnote w:type="continuationSeparator" w:id="0">'
            "<w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>"
        )
        content = f"<w:footnotes {nsdecls('w', 'r')}>{separators}{''.join(self.footnotes)}</w:footnotes>"
        part = Part(
            PackURI("/word/footnotes.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml",
            ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + content).encode(),
            self.word.part.package,
        )
        for relation in list(self.word.part.rels.values()):
            if relation.reltype == RELATIONSHIP_TYPE.FOOTNOTES:
                self.word.part.drop_rel(relation.rId)
        self.word.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)


def _run(text: str, properties: str) -> str:
    return f'<w:r>{properties}<w:t xml:space="preserve">{escape(lao.printable(text))}</w:t></w:r>'


def _text(run: str | Bound) -> str:
    return run.text if isinstance(run, Bound) else run


def _widths(columns: tuple[Column, ...], across: int) -> list[int]:
    whole = sum(column.width for column in columns)
    return [int(across * column.width / whole) for column in columns]


def _oriented(page: Any, landscape: bool) -> str:
    """A section's properties without its references: those stand in the first section and are inherited."""
    kept = deepcopy(page)
    for tag in ("w:headerReference", "w:footerReference", "w:titlePg"):
        for element in kept.findall(qn(tag)):
            kept.remove(element)
    if landscape:
        _turn(kept)
    return str(serialize_for_reading(kept))


def _turn(section: Any) -> None:
    page = section.find(qn("w:pgSz"))
    wide, high = page.get(qn("w:w")), page.get(qn("w:h"))
    if int(wide) < int(high):
        page.set(qn("w:w"), high)
        page.set(qn("w:h"), wide)
        page.set(qn("w:orient"), "landscape")


def write_properties(word: Any, document: Document) -> None:
    day = datetime.fromisoformat(document.made_on).replace(tzinfo=UTC)
    properties = word.core_properties
    properties.title, properties.author = document.title[:255], document.front.issuer[:255]
    properties.language = document.lang
    properties.created = properties.modified = day
    properties.last_modified_by, properties.revision, properties.comments = "", 1, ""
