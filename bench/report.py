"""Bench: the six-month report of a province, from its facts to a Word file and a PDF, in a warm process.

Against the tools alone: docxtpl, typst and the charts given the finished words, the way a clerk's script would use
them. Charts are drawn anew on both sides each time; six of them at most.
"""

from __future__ import annotations

import io
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measure import BUILD, Row, child, in_turn, median_ratio, same, say, timed
from bench.nation import cached, desk_on

if TYPE_CHECKING:
    from tienbo.papers.blocks import Block, Document

_TIMES = 7
_MOST_CHARTS = 6


def rows(scale: float) -> list[Row]:
    districts = None if scale >= 1 else 1
    folder = cached(f"province-{districts or 'whole'}", "bench.report:make", districts=districts)
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="site-") as held:
        site = Path(held) / "site"
        shutil.copytree(folder / "site", site)
        answer = child("bench.report:both", folder=str(site)).answer
    same("what the two Word files hold", answer["held"], answer["held_alone"])
    seconds = statistics.median(answer["seconds"])
    alone = statistics.median(answer["alone"])
    held = answer["held"]
    say(f"  report: {seconds:.2f} s, tools alone {alone:.2f} s, {held}, {answer['pages']} pages")
    detail = f"{seconds:.2f} s, tools alone {alone:.2f} s; {answer['pages']} pages, {held['pictures']} charts"
    work = "six-month report of a province, docx + PDF"
    return [
        Row(work, "docxtpl, typst, charts alone", median_ratio(answer["seconds"], answer["alone"]), "×", gate=1.5,
            detail=detail),
        Row(work, "the clock: values, words, charts, files", seconds, "s", goal=2, detail="facts → two files"),
    ]  # fmt: skip


def make(folder: str, districts: int | None) -> tuple[float, int]:
    """The demonstration province, by the command that makes it."""
    from tienbo.project.demonstration import Wish, demonstrate
    from tienbo.project.saying import Say

    Path(folder).mkdir(parents=True)
    with timed() as took, io.StringIO() as unheard:
        made = demonstrate(
            path=Path(folder) / "site", wish=Wish(districts=districts), say=Say(out=unheard, err=unheard)
        )
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    return took.seconds, len(made)


def both(folder: str) -> tuple[float, dict[str, Any]]:
    """Both ways in turn in one process, after one report that warms it."""
    desk = desk_on(folder)
    from tienbo.papers import chart
    from tienbo.papers.report import compose
    from tienbo.release import services

    paths = [Path(folder) / f"report{suffix}" for suffix in (".docx", ".pdf")]
    composed: list[Document] = []
    specs: dict[str, dict[str, Any]] = {}
    draw, write = chart.svg, compose

    def watched_svg(spec: dict[str, Any]) -> str:
        drawn = draw(spec)
        specs[drawn] = spec
        return drawn

    def watched_compose(**arguments: Any) -> Document:
        composed.append(write(**arguments))
        return composed[-1]

    chart.svg, services.compose = watched_svg, watched_compose
    try:
        ours(desk, paths)
    finally:
        chart.svg, services.compose = draw, write
    paper = plain(composed[-1], specs)
    template = template_alone()
    holding = Path(folder)

    def ask() -> float:
        with timed() as took:
            ours(desk, paths)
        return took.seconds

    def by_tools() -> float:
        with timed() as took:
            alone(paper, template, holding)
        return took.seconds

    by_tools()
    mine, theirs = in_turn(_TIMES, ask, by_tools)
    answer = {
        "seconds": mine,
        "alone": theirs,
        "held": held_in(paths[0]),
        "held_alone": held_in(holding / "alone.docx"),
        "pages": pages_of(paths[1]),
    }
    return sum(mine), answer


def ours(desk: Any, paths: list[Path]) -> None:
    """Frozen anew, composed and written; no chart is remembered from the time before."""
    from tienbo.core.periods import Period
    from tienbo.papers import chart
    from tienbo.release.services import _composed, documents_write, release_make

    _composed.cache_clear()
    chart._svg.cache_clear()
    chart.png.cache_clear()
    release = release_make(
        reader=desk.reader(),
        unit=desk.home,
        period=Period(2026, 1),
        kind="six-month",
        office=desk.office(desk.home, Period(2026, 1)),
        actor=desk.actor,
    )
    documents_write(release=release, paths=paths)


# --------------------------------------------------------------------------------------------- the tools alone


def plain(document: Document, specs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The finished words as a clerk's script would hold them: texts, tables of texts, chart specifications."""
    annexes = [
        part
        for annex in document.annex
        for part in (
            {"is": "heading", "text": f"{annex.number} {annex.title}"},
            *(_plain(b, specs) for b in annex.blocks),
        )
    ]
    front = {"issuer": document.front.issuer, "title": document.title, "place": document.front.place_and_date}
    return {**front, "blocks": [_plain(block, specs) for block in document.body] + annexes}


def _plain(block: Block, specs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    from tienbo.papers import blocks

    if isinstance(block, blocks.Heading):
        return {"is": "heading", "text": f"{block.number} {block.text}".strip()}
    if isinstance(block, blocks.Paragraph):
        return {"is": "paragraph", "text": blocks.plain(block.runs)}
    if isinstance(block, blocks.Chart):
        return {"is": "chart", "title": block.title, "spec": specs.get(block.svg), "svg": block.svg}
    rows = [[blocks.plain(cell.runs) for cell in row for _ in range(cell.span)] for row in block.rows]
    return {"is": "table", "title": block.title, "head": [column.label for column in block.columns], "rows": rows}


def alone(paper: dict[str, Any], template: bytes, folder: Path) -> None:
    """Charts by vl-convert, Word by docxtpl, PDF by typst, of words that are finished."""
    import json

    import typst
    import vl_convert
    from docx.shared import Mm
    from docxtpl import DocxTemplate, InlineImage

    from tienbo.papers import fonts
    from tienbo.papers.chart import VERSION

    svgs = {  # a schematic is no chart of Vega: the clerk has it drawn
        index: vl_convert.vegalite_to_svg(block["spec"], vl_version=VERSION) if block["spec"] else block["svg"]
        for index, block in enumerate(paper["blocks"])
        if block["is"] == "chart"
    }
    word = DocxTemplate(io.BytesIO(template))
    blocks = [
        {
            **block,
            "picture": InlineImage(word, io.BytesIO(vl_convert.svg_to_png(svgs[index], scale=2)), width=Mm(160))
            if index in svgs
            else "",
        }
        for index, block in enumerate(paper["blocks"])
    ]
    word.render({**paper, "blocks": blocks}, autoescape=True)
    word.save(folder / "alone.docx")
    data = json.dumps(
        {**paper, "blocks": [{**b, "svg": svgs.get(i, ""), "spec": None} for i, b in enumerate(paper["blocks"])]}
    )
    made = typst.compile(
        _TYPST.encode(),
        font_paths=[str(fonts.folder())],
        ignore_system_fonts=True,
        sys_inputs={"paper": data},
        format="pdf",
    )
    (folder / "alone.pdf").write_bytes(made)


_TYPST = """
#let d = json(bytes(sys.inputs.paper))
#set text(font: "Tinos", size: 14pt, lang: "vi")
#set page(paper: "a4", margin: (top: 20mm, bottom: 20mm, left: 30mm, right: 17mm), numbering: "1")
#align(center, strong(d.issuer))
#align(center, strong(d.title))
#for b in d.blocks {
  if b.is == "heading" { heading(b.text) }
  else if b.is == "paragraph" { par(b.text) }
  else if b.is == "chart" {
    align(center, b.title)
    image(bytes(b.svg), format: "svg", width: 100%)
  } else {
    align(center, b.title)
    table(columns: b.head.len() * (1fr,), table.header(..b.head), ..b.rows.flatten())
  }
}
"""


def template_alone() -> bytes:
    """A Word template as docxtpl's manual shows it: loops over blocks, rows and cells."""
    import docx

    word = docx.Document()
    for line in ("{{ issuer }}", "{{ title }}", "{{ place }}", "{%p for b in blocks %}"):
        word.add_paragraph(line)
    word.add_paragraph("{%p if b.is == 'heading' %}")
    word.add_heading("{{ b.text }}", 2)
    word.add_paragraph("{%p elif b.is == 'paragraph' %}")
    word.add_paragraph("{{ b.text }}")
    word.add_paragraph("{%p elif b.is == 'chart' %}")
    word.add_paragraph("{{ b.title }}")
    word.add_paragraph("{{ b.picture }}")
    word.add_paragraph("{%p else %}")
    word.add_paragraph("{{ b.title }}")
    table = word.add_table(rows=4, cols=3, style="Table Grid")
    for cell, text in zip(table.rows[0].cells, ("{%tc for c in b.head %}", "{{ c }}", "{%tc endfor %}"), strict=True):
        cell.text = text
    table.rows[1].cells[0].text = "{%tr for row in b.rows %}"
    for cell, text in zip(table.rows[2].cells, ("{%tc for c in row %}", "{{ c }}", "{%tc endfor %}"), strict=True):
        cell.text = text
    table.rows[3].cells[0].text = "{%tr endfor %}"
    word.add_paragraph("{%p endif %}")
    word.add_paragraph("{%p endfor %}")
    out = io.BytesIO()
    word.save(out)
    return out.getvalue()


# ------------------------------------------------------------------------------------------------- what is held


def held_in(path: Path) -> dict[str, Any]:
    """Of a Word file: its tables with borders, their figures, its pictures."""
    import re
    import zipfile

    with zipfile.ZipFile(path) as file:
        xml = file.read("word/document.xml").decode()
    tables = [
        part for part in re.findall(r"<w:tbl>.*?</w:tbl>", xml, re.DOTALL) if "<w:tblHeader" in part or _ruled(part)
    ]
    words = [
        re.sub(r"<[^>]+>", "", cell) for part in tables for cell in re.findall(r"<w:tc>.*?</w:tc>", part, re.DOTALL)
    ]
    digits = sorted(word for word in words if re.fullmatch(r"[\d.,]*\d", word.strip()))
    return {
        "tables": len(tables),
        "figures": len(digits),
        "sum": _sum(digits),
        "pictures": xml.count("<pic:pic>") or xml.count("<pic:pic "),
    }


def _ruled(part: str) -> bool:
    return "TableGrid" in part


def _sum(digits: list[str]) -> str:
    """The figures as one number: Vietnamese writing, a dot groups and a comma begins decimals."""
    from decimal import Decimal

    return str(sum(Decimal(word.strip().replace(".", "").replace(",", ".")) for word in digits).normalize())


def pages_of(path: Path) -> int:
    import pypdf

    return len(pypdf.PdfReader(path).pages)
