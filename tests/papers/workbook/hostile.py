"""Files that mean harm, made by a script (security plan §2.4): (name, bytes) of each, from a seed."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator

import xlsxwriter

TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ROOT = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>{{more}}</Relationships>'
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
BOOK = (
    f'<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>'
)


def sheet(body: str = "", head: str = "", dimension: str = "A1") -> str:
    return (
        f'<?xml version="1.0"?>{head}<worksheet xmlns="{MAIN}"><dimension ref="{dimension}"/>'
        f"<sheetData>{body}</sheetData></worksheet>"
    )


ONE = '<row r="1"><c r="A1"><v>1</v></c></row>'


def book(
    sheet1: str | bytes = "", *, more: str = "", workbook: str = BOOK, parts: dict[str, bytes] | None = None
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", TYPES)
        made.writestr("_rels/.rels", ROOT)
        made.writestr("xl/_rels/workbook.xml.rels", RELS.replace("{more}", more))
        made.writestr("xl/workbook.xml", workbook)
        made.writestr("xl/worksheets/sheet1.xml", sheet1 or sheet(ONE))
        for name, data in (parts or {}).items():
            made.writestr(name, data)
    return out.getvalue()


def plain() -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True})
    page = made.add_worksheet("A")
    for row in range(30):
        page.write_row(row, 0, [f"Xã {row}", row, row / 3])
    made.close()
    return out.getvalue()


def ods(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("content.xml", content, zipfile.ZIP_DEFLATED)
        made.writestr("META-INF/manifest.xml", "<manifest/>")
    return out.getvalue()


ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="A">{}</table:table></office:spreadsheet></office:body></office:document-content>'
)
DTD = "<!DOCTYPE x [<!ENTITY {}>]>"


def named() -> Iterator[tuple[str, bytes]]:
    """One of each kind."""
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol" * 10}">' for n in range(12))
    text = '<row r="1"><c r="A1" t="inlineStr"><is><t>{}</t></is></c></row>'
    yield "zip bomb: one part", book(sheet(" " * 60_000_000))
    yield "zip bomb: shared strings", book(parts={"xl/sharedStrings.xml": b"<sst>" + b"<si/>" * 8_000_000})
    yield "zip bomb: nested", book(parts={"xl/media/a.zip": plain() * 20})
    yield "many entries", book(parts={f"xl/x{n}.xml": b"" for n in range(2_000)})
    yield "XXE: file", book(sheet(text.format("&e;"), DTD.format('e SYSTEM "file:///etc/passwd"')))
    yield "XXE: network", book(sheet(text.format("&e;"), DTD.format('e SYSTEM "http://127.0.0.1:9/x"')))
    yield "XXE: parameter", book(sheet(ONE, DTD.format('% e SYSTEM "http://127.0.0.1:9/x"')))
    yield "billion laughs", book(sheet(text.format("&l11;"), f"<!DOCTYPE x [{lol}]>"))
    yield "quadratic blow-up", book(sheet(text.format("&a;" * 50_000), f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]>'))
    yield "laughs in UTF-16", book(sheet(text.format("&l11;"), f"<!DOCTYPE x [{lol}]>").encode("utf-16"))
    yield "XXE in an ods", ods((DTD.format('e SYSTEM "file:///etc/passwd"') + ODS.format("&e;")).encode())
    repeated = '<table:table-row table:number-rows-repeated="1048576"><table:table-cell {}/></table:table-row>'
    yield "ods of a million rows", ods(ODS.format(repeated.format('table:number-columns-repeated="16384"')).encode())
    full = repeated.format('office:value-type="float" office:value="1" table:number-columns-repeated="16384"')
    yield "ods filled to the last corner", ods(ODS.format(full).encode())
    link = f'<Relationship Id="r9" Type="{OFFICE}/externalLink" TargetMode="External" Target="http://127.0.0.1:9/"/>'
    yield "external link", book(more=link, parts={"xl/externalLinks/externalLink1.xml": b"<externalLink/>"})
    yield "data connection", book(parts={"xl/connections.xml": b"<connections/>"})
    yield "macros", book(parts={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})
    yield "macro sheet", book(parts={"xl/macrosheets/sheet1.xml": b"<x/>"})
    yield "OLE object", book(parts={"xl/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0" * 99})
    for path in ("../../../tmp/should-not-be", "/tmp/should-not-be", "xl/../../should-not-be", "C:\\should-not-be"):
        yield f"path {path}", book(parts={path: b"x"})
    yield "sheet named outside", book(more='<Relationship Id="r2" Target="../../../etc/passwd"/>')
    for where in ("XFD1048576", "A1048576", "XFD1", "ZZZZ99999999"):
        body = f'<row r="{where.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}"><c r="{where}"><v>1</v></c></row>'
        yield f"one cell at {where}", book(sheet(body, dimension=f"A1:{where}"))
    yield "a huge claim", book(sheet(ONE, dimension="A1:XFD1048576"))
    yield "shared string beyond the list", book(sheet('<row r="1"><c r="A1" t="s"><v>4294967295</v></c></row>'))
    yield "a style beyond the list", book(sheet('<row r="1"><c r="A1" s="4294967295"><v>1</v></c></row>'))
    yield "numbers that are none", book(sheet('<row r="1"><c r="A1"><v>1e999999</v></c><c r="B1"><v>NaN</v></c></row>'))
    yield "deep nesting", book(sheet("<a>" * 200_000 + "</a>" * 200_000))
    yield "a row without end", book(sheet('<row r="1">' + '<c r="A1"><v>1</v></c>' * 300_000))
    yield "right-to-left name", book(workbook=BOOK.replace('name="A"', 'name="\u202exslx.A"'))
    yield "no sheets", book(workbook=BOOK.replace('<sheet name="A" sheetId="1" r:id="r1"/>', ""))
    yield "merged over all", book(sheet(ONE).replace("</worksheet>", '<mergeCells><mergeCell ref="A1:XFD1048576"/>'
                                                     "</mergeCells></worksheet>"))  # fmt: skip
    whole = plain()
    yield "cut in half", whole[: len(whole) // 2]
    yield "cut at the end", whole[:-30]
    yield "something before it", b"%PDF-1.4\n" + whole
    yield "something after it", whole + b"<script>alert(1)</script>" * 1000
    yield "encrypted", _flagged(whole)
    yield "sizes that lie", _lying(whole)
    yield "entries that overlap", _overlapping()
    yield "an old workbook, empty", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    yield "an old workbook, circular", _circular()
    yield "a PDF", b"%PDF-1.7\n1 0 obj<</OpenAction<</S/Launch>>>>endobj"
    yield "an SVG", b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'
    yield "HTML as a table", b"<html><table><tr><td>1</td></tr></table></html>"
    yield "a program", b"\x7fELF" + bytes(2000)
    yield "nothing", b""
    yield "blanks", b" " * 1000
    yield "a zip of nothing", b"PK\x05\x06" + bytes(18)


def _flagged(whole: bytes) -> bytes:
    made = bytearray(whole)
    at = made.find(b"PK\x01\x02")
    while at >= 0:
        made[at + 8] |= 1
        at = made.find(b"PK\x01\x02", at + 4)
    return bytes(made)


def _lying(whole: bytes) -> bytes:
    made = bytearray(whole)
    at = made.find(b"PK\x01\x02")
    struct.pack_into("<I", made, at + 24, 10)
    return bytes(made)


def _overlapping() -> bytes:
    packed = zlib.compress(bytes(10_000_000), 9)[2:-4]
    crc, name = zlib.crc32(bytes(10_000_000)), b"xl/workbook.xml"
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, crc, len(packed), 10_000_000, len(name), 0) + name
    listed = b"".join(
        struct.pack(
            "<IHHHHHHIIIHHHHHII",
            *(0x02014B50, 20, 20, 0, 8, 0, 0, crc, len(packed), 10_000_000, len(one), 0, 0, 0, 0, 0, 0),
        )
        + one
        for one in (name, *(b"xl/worksheets/sheet%d.xml" % n for n in range(50)))
    )
    start = len(local) + len(packed)
    return local + packed + listed + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 51, 51, len(listed), start, 0)


def _circular() -> bytes:
    """An old workbook whose chain of sectors leads back to itself."""
    head = bytearray(512)
    head[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", head, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIII", head, 44, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    table = struct.pack("<128I", *([0] * 128))
    return bytes(head) + table + bytes(512)


def mutated(count: int, seed: int = 30) -> Iterator[tuple[str, bytes]]:
    """Real and hostile files with bytes changed, cut, doubled."""
    chance = random.Random(seed)  # noqa: S311
    small = [plain(), book(), ods(ODS.format("<table:table-row/>").encode())]
    for number in range(count):
        data = bytearray(chance.choice(small))
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(data))
            what = chance.randrange(4)
            if what == 0:
                data[at] ^= 1 << chance.randrange(8)
            elif what == 1:
                data[at : at + chance.randint(1, 64)] = chance.randbytes(chance.randint(0, 64))
            elif what == 2:
                del data[at : at + chance.randint(1, 200)]
            else:
                data[at:at] = data[max(0, at - 300) : at]
            if not data:
                data = bytearray(b"P")
        yield f"mutated {number}", bytes(data)


def inner(count: int, seed: int = 31) -> Iterator[tuple[str, bytes]]:
    """Sound zip files with XML inside that was changed: what gets as far as the parsers."""
    chance = random.Random(seed)  # noqa: S311
    with zipfile.ZipFile(io.BytesIO(plain())) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    names = [name for name in parts if name.endswith((".xml", ".rels"))]
    words = (
        b"<",
        b">",
        b'"',
        b"&#0;",
        b"&amp;",
        b"1048576",
        b"-1",
        b'r="',
        b"<c ",
        b"</row>",
        b"\xff\xfe",
        b"99999999999",
    )
    for number in range(count):
        held, name = dict(parts), chance.choice(names)
        data = bytearray(held[name])
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(data) + 1)
            data[at : at + chance.choice((0, 1, 5, 40))] = chance.choice(words)
        held[name] = bytes(data)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
            for one, said in held.items():
                made.writestr(one, said)
        yield f"inner {number} {name}", out.getvalue()
