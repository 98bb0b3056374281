"""Every reader of files that people bring, with a sound file for each to change: for T31."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import docx
import numpy as np
from pypdf import PdfWriter
from tests.disclosure.making import cube
from tests.fuzz.changing import Change, changed_bytes, changed_lines, changed_zip
from tests.papers.workbook.desk import H1, SEAL, written
from tests.papers.workbook.desk import reading as form_read
from tests.papers.workbook.hostile import ODS, ods, plain
from tests.papers.workbook.test_people import as_xls
from tests.web.annex import SHEET, annex

from tienbo.catalogue.loading import load
from tienbo.collection.doubles import list_read
from tienbo.core.spans import Span
from tienbo.disclosure.files import ALL, cube_of, published, read
from tienbo.disclosure.protect import protect
from tienbo.disclosure.tables import Table
from tienbo.ground.scans import scan_format
from tienbo.papers.packet_rows import Reading, csv_rows
from tienbo.papers.pictures import pictures
from tienbo.papers.proofread import word_read
from tienbo.papers.published import docx_rows, page_rows, pdf_text
from tienbo.papers.workbook.annex import annex_read
from tienbo.papers.workbook.annex_filling import Fill, annex_filled
from tienbo.papers.workbook.kind_sheet import kind_sheet_read, kind_sheet_write
from tienbo.papers.workbook.opening import sheets_opened
from tienbo.papers.workbook.register import BookLine, register_read, register_write
from tienbo.papers.workbook.returning import Remark, handed_back
from tienbo.processes.post_books import posts_kind
from tienbo.processes.reorganise_sheet import sheet_read
from tienbo.units.contacts import contact_lines
from tienbo.units.table import sheet_lines


@dataclass(frozen=True)
class Parser:
    """A reader, files it reads, and how they are changed. It may refuse (Refused, Unsafe) and nothing else."""

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    change: Change


def a_word_file() -> bytes:
    made = docx.Document()
    made.add_paragraph("Tổ chức 1.234 lớp, tăng 12,5 % so với cùng kỳ. Toàn tỉnh có 24,1 % nữ.")
    table = made.add_table(2, 3)
    for number, cell in enumerate(cell for row in table.rows for cell in row.cells):
        cell.text = f"Dòng {number}"
    table.cell(0, 0).merge(table.cell(0, 1))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def a_pdf() -> bytes:
    page = b"BT /F1 12 Tf 72 700 Td (Nghe An 12) Tj ET"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(page), page),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    made, places = b"%PDF-1.4\n", []
    for number, said in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, said)
    listed = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 6\n0000000000 65535 f \n" + listed + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n"
    return made + head + b"%d\n%%%%EOF\n" % len(made)


def _packed() -> bytes:
    """A PDF with streams that are packed, and an index that is one."""
    writer = PdfWriter(clone_from=io.BytesIO(a_pdf()))
    for page in writer.pages:
        page.compress_content_streams()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _register() -> tuple[bytes, Callable[[bytes], object]]:
    kind = posts_kind(load("vn"))
    out = io.BytesIO()
    title = next(iter(load("vn").post_titles))
    said = {"title": title, "number": "1", "name": "Lê Thị Mây", "sex": "women", "begins": "1/7/2025", "source": "QĐ"}
    lines = [BookLine("holding_1", 1, "told", said), BookLine("holding_2")]
    given = {"unit": "unit_1", "unit_name": "Xã", "about": "x", "book": "book_1", "seal": SEAL}
    register_write(out, kind=kind, lines=lines, **given)  # type: ignore[arg-type]
    return out.getvalue(), lambda data: register_read(data, name="x", kinds={kind.code: kind}, seal=SEAL)


def _kind() -> tuple[bytes, Callable[[bytes], object]]:
    from tienbo.catalogue.kinds import kind_form
    from tienbo.registers.kind_rows import rows_begun

    form, out = kind_form(load("vn")), io.BytesIO()
    kind_sheet_write(out, form=form, said=rows_begun(), offers={})
    return out.getvalue(), lambda data: kind_sheet_read(data, name="x", form=form)


def _published() -> tuple[bytes, bytes]:
    """A table of counts, and the protected one."""
    from tienbo.disclosure.files import written as table_written
    from tienbo.disclosure.policy import Policy, Tier

    made = cube(np.random.default_rng(1), 90.0, 4, 3)
    rows = [f"{place};{sort};{count}" for (place, sort), count in made.counts.items()]
    plan = protect(made.table(), tier=Tier.PUBLIC, policy=Policy())
    return "\n".join(["place;sort;n", *rows]).encode(), table_written(made, plan, "n").encode()


def _json_change(data: bytes, chance: random.Random) -> bytes:
    from tests.fuzz.changing import changed_json

    return changed_json(json.loads(data), chance).encode("utf-8", "surrogatepass")


def _lines_of(data: bytes) -> list[object]:
    return [*sheet_lines(data, "x")]


def _tables(data: bytes) -> None:
    cube_of(read(data, "x"), times=()).table()


def parsers() -> Iterator[tuple[str, Parser]]:
    tables = (plain(), ods(ODS.format('<table:table-row><table:table-cell office:value-type="float" office:value="1"/>'
                                      "</table:table-row>").encode()))  # fmt: skip
    yield "tables", Parser(sheets_opened, tables, changed_zip)
    yield "old tables", Parser(sheets_opened, (as_xls(plain()),), changed_bytes)
    yield "a form", Parser(form_read, (written("small", H1),), changed_zip)
    yield "an annex", Parser(annex_read, (annex(),), changed_zip)
    fills = {(SHEET, "C6"): Fill(Decimal("12.5"), "ước"), (SHEET, "C9"): Fill(Decimal(3))}
    yield "an annex filled", Parser(lambda data: annex_filled(data, fills), (annex(),), changed_zip)
    remarks = [Remark(f"{SHEET}!C6", "Sai"), Remark("A!A1", "Sai"), Remark("đâu đó", "Sai")]
    yield (
        "a workbook handed back",
        Parser(lambda data: handed_back(data, remarks, "Xã"), (annex(), plain()), changed_zip),
    )
    yield "a Word file", Parser(word_read, (a_word_file(),), changed_zip)
    yield "a Word file published", Parser(docx_rows, (a_word_file(),), changed_zip)
    page = b"<html><body><table><tr><th>A<td>\xc2\xb7</table><p>x</body></html>"
    yield "a page published", Parser(page_rows, (page,), changed_lines)
    yield "a PDF published", Parser(pdf_text, (a_pdf(), _packed()), changed_bytes)
    register, register_of = _register()
    yield "a register", Parser(register_of, (register,), changed_zip)
    kind, kind_of = _kind()
    yield "a register of one's own", Parser(kind_of, (kind,), changed_zip)
    moves = "Số, ký hiệu văn bản;1/NQ\nViệc;Đơn vị trước;Đơn vị sau;Tỷ lệ\nnhập;Xã A;Xã B;70%\n".encode()
    yield "a reorganisation", Parser(lambda data: sheet_read(data, "x"), (moves,), changed_lines)
    people = "Đơn vị;Điện thoại;Email\nXã A;0912 345 678;a@b.vn\n".encode()
    yield "contacts", Parser(lambda data: contact_lines("x", data), (people, plain()), _either)
    yield "lines of a table", Parser(_lines_of, (people, plain()), _either)
    figures = "name;value;unit;source\nSố lớp;5;count;Sở\n".encode()
    yield (
        "figures of a partner",
        Parser(lambda data: Reading(load("vn"), ["training.classes"]).read(csv_rows(data)), (figures,), changed_lines),
    )
    year = Span(date(2026, 1, 1), date(2027, 1, 1))
    classes = "Tập huấn; 12/3/2026; Nhà văn hóa; Hội; Đoàn\n".encode()
    yield (
        "a list of classes",
        Parser(lambda data: list_read(data.decode(errors="replace"), year, own="Xã"), (classes,), changed_lines),
    )
    counts, protected = _published()
    yield "a table of counts", Parser(_tables, (counts,), changed_lines)
    yield "a protected table", Parser(lambda data: published(read(data, "x")), (protected,), changed_lines)
    yield "a scan", Parser(lambda data: scan_format(data, "x"), (a_pdf(),), changed_bytes)


def _either(data: bytes, chance: random.Random) -> bytes:
    return (changed_zip if data[:2] == b"PK" else changed_lines)(data, chance)


__all__ = ["ALL", "Parser", "Table", "parsers", "pictures"]
