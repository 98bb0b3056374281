"""Word files, PDFs, pages and pictures that mean harm, made by a script (T30)."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from tests.fuzz.parsers import a_pdf, a_word_file
from tests.papers.workbook.hostile import DTD

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def with_parts(parts: dict[str, bytes | None], data: bytes | None = None) -> bytes:
    """A sound Word file with some parts other, more, or gone."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data or a_word_file())) as source, zipfile.ZipFile(out, "w", 8) as made:
        for name in source.namelist():
            if name not in parts:
                made.writestr(name, source.read(name))
        for name, part in parts.items():
            if part is not None:
                made.writestr(name, part)
    return out.getvalue()


def body(inside: str, head: str = "") -> bytes:
    return f'<?xml version="1.0"?>{head}<w:document xmlns:w="{WORD}"><w:body>{inside}</w:body></w:document>'.encode()


TEXT = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
MAIN = "word/document.xml"
RELS = "word/_rels/document.xml.rels"


def words() -> Iterator[tuple[str, bytes]]:
    """Word files."""
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol" * 10}">' for n in range(12))
    yield "zip bomb", with_parts({MAIN: body(" " * 90_000_000)})
    yield "many entries", with_parts({f"word/x{n}.xml": b"" for n in range(2_000)})
    yield "many paragraphs", with_parts({MAIN: body(TEXT.format("1") * 300_000)})
    yield "one long word", with_parts({MAIN: body(TEXT.format("1,5 " * 1_000_000))})
    yield "XXE: file", with_parts({MAIN: body(TEXT.format("&e;"), DTD.format('e SYSTEM "file:///etc/passwd"'))})
    yield "XXE: network", with_parts({MAIN: body(TEXT.format("&e;"), DTD.format('e SYSTEM "http://127.0.0.1:9/x"'))})
    yield (
        "XXE behind blanks",
        with_parts({MAIN: body(TEXT.format("&e;"), " " * 5_000 + DTD.format('e SYSTEM "file:///etc/passwd"'))}),
    )
    yield "billion laughs", with_parts({MAIN: body(TEXT.format("&l11;"), f"<!DOCTYPE x [{lol}]>")})
    yield (
        "laughs in UTF-16",
        with_parts({MAIN: body(TEXT.format("&l11;"), f"<!DOCTYPE x [{lol}]>").decode().encode("utf-16")}),
    )
    yield "deep nesting", with_parts({MAIN: body("<w:p>" * 100_000 + "</w:p>" * 100_000)})
    yield "deep tables", with_parts({MAIN: body("<w:tbl><w:tr><w:tc>" * 200 + "</w:tc></w:tr></w:tbl>" * 200)})
    outside = (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{RELATION}/attachedTemplate" Target="http://127.0.0.1:9/x.dotm" TargetMode="External"/></Relationships>'
    ).encode()
    yield "template elsewhere", with_parts({RELS: outside})
    yield "macros", with_parts({"word/vbaProject.bin": b"\xd0\xcf\x11\xe0" * 99})
    yield "OLE object", with_parts({"word/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0" * 99})
    for path in ("../../../tmp/should-not-be", "/tmp/should-not-be", "word/../../should-not-be"):
        yield f"path {path}", with_parts({path: b"x"})
    yield "two main parts", with_parts({MAIN: body(TEXT.format("1"))}, with_parts({MAIN.upper(): body("")}))
    yield "no main part", with_parts({MAIN: None})
    yield "an empty main part", with_parts({MAIN: b""})
    yield "an encoding nobody knows", with_parts({MAIN: b'<?xml version="1.0" encoding="x-none"?><a/>'})
    whole = a_word_file()
    yield "cut in half", whole[: len(whole) // 2]
    yield "cut at the end", whole[:-30]
    yield "an old Word file", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3_000)
    yield "RTF", rb"{\rtf1{\object\objupdate{\*\objdata 0105}}}"
    yield "a PDF", a_pdf()
    yield "nothing", b""
    yield "a spreadsheet", _spreadsheet()


def _spreadsheet() -> bytes:
    from tests.papers.workbook.hostile import plain

    return plain()


def _stream(said: bytes, more: bytes = b"") -> bytes:
    return b"4 0 obj\n<</Length %d%s>>\nstream\n%s\nendstream" % (len(said), more, said)


def pdfs() -> Iterator[tuple[str, bytes]]:
    """PDFs, whole by their first and last bytes."""
    plain = a_pdf()
    end = b"\nstartxref\n0\n%%EOF\n"
    yield "a script", plain.replace(b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>")
    yield "a program", plain.replace(b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/Launch/F(/bin/sh)>>")
    yield "an address", plain.replace(b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/URI/URI(http://127.0.0.1:9/)>>")
    bomb = zlib.compress(zlib.compress(bytes(200_000_000), 9), 9)
    packed = _stream(bomb, b"/Filter[/FlateDecode/FlateDecode]")
    yield "packed twice", b"%PDF-1.7\n" + packed + end
    yield (
        "a page packed twice",
        plain.replace(plain[plain.index(b"4 0 obj") : plain.index(b"endobj", plain.index(b"4 0 obj"))], packed),
    )
    yield "pages that hold themselves", plain.replace(b"/Kids[3 0 R]", b"/Kids[2 0 R]")
    yield "a parent of itself", plain.replace(b"/Parent 2 0 R", b"/Parent 3 0 R")
    yield (
        "a million pages",
        plain.replace(b"/Count 1", b"/Count 1000000").replace(b"[3 0 R]", b"[" + b"3 0 R " * 99_999 + b"]"),
    )
    yield "deep lists", b"%PDF-1.7\n1 0 obj\n" + b"[" * 100_000 + b"]" * 100_000 + end
    yield "a huge page", plain.replace(b"[0 0 300 300]", b"[0 0 99999999 99999999]")
    yield "an index that lies", plain.replace(b"xref\n0 6", b"xref\n0 999999999")
    yield "an index in a circle", plain.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %d" % plain.index(b"xref"))
    yield "locked", plain.replace(b"/Root 1 0 R", b"/Root 1 0 R/Encrypt<</Filter/Standard/V 5/R 6>>")
    yield "nothing but its ends", b"%PDF-1.7\n%%EOF"


def pages() -> Iterator[tuple[str, bytes]]:
    yield "deep", b"<div>" * 100_000
    yield "wide", b"<table><tr>" + b"<td>1" * 500_000
    yield "a script", b"<table><tr><td><script>1</script><img src=http://127.0.0.1:9/></table>"
    yield "entities", b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><table><tr><td>&e;</table>"
    yield "no text", b"\xff\xfe\x00"
    yield "nothing", b""


def pictures() -> Iterator[tuple[str, str, bytes]]:
    """Pictures that claim more than they are: (name, ending, bytes)."""
    head = b"\x89PNG\r\n\x1a\n"

    def chunk(name: bytes, said: bytes) -> bytes:
        return len(said).to_bytes(4, "big") + name + said + zlib.crc32(name + said).to_bytes(4, "big")

    size = (60_000).to_bytes(4, "big")
    wide = chunk(b"IHDR", size + size + b"\x08\x02\x00\x00\x00")
    yield "a bomb", "png", head + wide + chunk(b"IDAT", zlib.compress(bytes(50_000_000), 9)) + chunk(b"IEND", b"")
    yield "a picture that is none", "jpg", b"\xff\xd8\xff" + bytes(2_000) + b"\xff\xd9"
    for name, data in pdfs():
        yield name, "pdf", data
