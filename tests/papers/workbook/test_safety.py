"""Files that should not be opened are not: each is refused by one fault of the whole file, before it is parsed."""

from __future__ import annotations

import hashlib
import resource
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from io import BytesIO

import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from odf import opendocument, table
from tests.papers.workbook.desk import blank, filled, reading, repacked, says
from tests.papers.workbook.test_faults import compound
from tests.papers.workbook.test_people import as_ods, as_xls

from tienbo.papers.workbook.compound import Compound, wrapped
from tienbo.papers.workbook.safety import COLUMN_LIMIT, ROW_LIMIT, TOTAL_LIMIT, Unsafe, screen


def only_fault(data: bytes) -> str:
    (fault,) = reading(data).faults
    assert fault.place == "tệp.xlsx"
    assert reading(data).content is None
    return fault.code


def part(name: str, made: Callable[[bytes], bytes]) -> bytes:
    return repacked(blank(), lambda held, data: made(data) if held == name else data)


# ----------------------------------------------------------------------------------------------------- zip files


def zipped(*entries: tuple[str, bytes, int, int], compress: bool = True) -> bytes:
    """A zip file by hand: (name, content, declared size, declared checksum) for each entry."""
    out, directory = b"", b""
    for name, content, size, crc in entries:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(content) + packer.flush() if compress else content
        fields = (0, 8 if compress else 0, 0, 0, crc, len(packed), size, len(name), 0)
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, *fields, 0, 0, 0, 0, len(out))
        directory += name.encode()
        out += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, *fields) + name.encode() + packed
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(entries), len(entries), len(directory), len(out), 0)
    return out + directory + end


def overlapping() -> bytes:
    """Forty entries that are one and the same megabyte of nothing: 40 MiB from 1 KiB (no entry lies about itself)."""
    content = bytes(2**20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush()
    first = "xl/workbook.xml"
    fields = (0, 8, 0, 0, zlib.crc32(content), len(packed), len(content))
    out = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, *fields, len(first), 0) + first.encode() + packed
    directory = b""
    for index in range(40):
        name = first if index == 0 else f"xl/worksheets/sheet{index}.xml"
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, *fields, len(name), 0, 0, 0, 0, 0, 0)
        directory += name.encode()
    return out + directory + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 40, 40, len(directory), len(out), 0)


def lying_small() -> bytes:
    """Eight megabytes that call themselves a hundred bytes."""
    return zipped(("xl/workbook.xml", bytes(2**23), 100, 0))


def lying_large() -> bytes:
    content = b"<workbook/>"
    return zipped(("xl/workbook.xml", content, len(content) + 5, zlib.crc32(content)))


def wrong_checksum() -> bytes:
    return zipped(("xl/workbook.xml", b"<workbook/>", 11, 1))


def many_entries() -> bytes:
    return zipped(("xl/workbook.xml", b"", 0, 0), *((f"xl/media/{i}.png", b"", 0, 0) for i in range(600)))


def same_name_twice() -> bytes:
    entry = ("xl/workbook.xml", b"<a/>", 4, zlib.crc32(b"<a/>"))
    return zipped(entry, entry)


def large_in_sum() -> bytes:
    """Each part is honest and modest, their sum is too much."""
    noise = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(2**12)) + bytes(3 * 2**20)
    crc, count = zlib.crc32(noise), TOTAL_LIMIT // len(noise) + 1
    sheets = ((f"xl/worksheets/sheet{i}.xml", noise, len(noise), crc) for i in range(count))
    return zipped(("xl/workbook.xml", b"", 0, 0), *sheets)


def password_of_zip() -> bytes:
    data = bytearray(blank())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def other_method() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


ENTITY = b'<!DOCTYPE a [<!ENTITY b "bb">]>'


def utf16(data: bytes) -> bytes:
    text = data.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"')
    return text.encode("utf-16")


def named(name: str) -> Callable[[], bytes]:
    return lambda: repacked(blank(), lambda _name, data: data, **{name: b"x"})


ZIPS: list[tuple[str, Callable[[], bytes], str]] = [
    ("overlapping entries", overlapping, "workbook.zip_bomb"),
    ("declared smaller", lying_small, "workbook.zip_bomb"),
    ("declared larger", lying_large, "workbook.unreadable"),
    ("wrong checksum", wrong_checksum, "workbook.unreadable"),
    ("too many entries", many_entries, "workbook.zip_bomb"),
    ("one name twice", same_name_twice, "workbook.zip_bomb"),
    ("large in sum", large_in_sum, "workbook.too_large"),
    ("a password of the zip", password_of_zip, "workbook.protected"),
    ("another compression", other_method, "workbook.unreadable"),
    ("cut off", lambda: blank()[: len(blank()) // 2], "workbook.unreadable"),
    ("empty", lambda: b"", "workbook.empty"),
    ("a text file", "Tổng số;Nữ\n12;5\n".encode, "workbook.not_a_workbook"),
    ("a PDF", lambda: b"%PDF-1.7\n", "workbook.not_a_workbook"),
    ("a picture", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "workbook.not_a_workbook"),
    ("a docx", lambda: zipped(("word/document.xml", b"<a/>", 4, zlib.crc32(b"<a/>"))), "workbook.not_a_workbook"),
    ("an old doc", lambda: compound("WordDocument"), "workbook.not_a_workbook"),
    ("an encrypted xlsx", lambda: compound("EncryptionInfo", "EncryptedPackage"), "workbook.protected"),
    ("macros", named("xl/vbaProject.bin"), "workbook.macros"),
    ("macro sheets of old", named("xl/macrosheets/sheet1.xml"), "workbook.macros"),
    ("links to other files", named("xl/externalLinks/externalLink1.xml"), "workbook.external_links"),
    ("a data connection", named("xl/connections.xml"), "workbook.external_links"),
    ("entities", lambda: part("xl/workbook.xml", lambda data: data.replace(b"<workbook", ENTITY + b"<workbook")),
     "workbook.unreadable"),
    ("entities in UTF-16", lambda: part("xl/workbook.xml", utf16), "workbook.unreadable"),
    ("a sheet in UTF-16", lambda: part("xl/worksheets/sheet1.xml", utf16), "workbook.unreadable"),
    ("broken XML", lambda: part("xl/workbook.xml", lambda data: data[:-20]), "workbook.unreadable"),
    ("a sheet of broken XML", lambda: part("xl/worksheets/sheet1.xml", lambda data: data[: len(data) // 2]),
     "workbook.unreadable"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "code"), [row[1:] for row in ZIPS], ids=[row[0] for row in ZIPS])
def test_a_zip_that_should_not_be_opened_is_refused(make: Callable[[], bytes], code: str) -> None:
    assert only_fault(make()) == code


@pytest.mark.parametrize("make", [overlapping, lying_small, many_entries], ids=lambda make: make.__name__)
def test_a_bomb_costs_neither_time_nor_memory(make: Callable[[], bytes]) -> None:
    data = make()
    held, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    only_fault(data)
    assert time.process_time() - started < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held < 64 * 1024  # KiB


# ------------------------------------------------------------------------------------------------------ far cells


def rows_of(count: int, *, at: int = 200_000) -> bytes:
    """A sheet that goes on and on with empty, formatted rows, as when somebody coloured whole columns."""
    more = b"".join(b'<row r="%d"><c r="A%d" s="1"/></row>' % (at + i, at + i) for i in range(count))
    return part("xl/worksheets/sheet1.xml", lambda data: data.replace(b"</sheetData>", more + b"</sheetData>"))


def test_a_cell_in_the_last_corner_is_refused_and_not_laid_out() -> None:
    corner = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    data = part("xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</sheetData>", corner))
    assert only_fault(data) == "workbook.too_many_rows"


@pytest.mark.parametrize(("column", "row"), [("A", ROW_LIMIT + 1), ("IW", 1), ("AAA", 20), ("ZZ", 3)])
def test_a_cell_beyond_the_limits_is_refused(column: str, row: int) -> None:
    more = f'<row r="{row}"><c r="{column}{row}"><v>1</v></c></row></sheetData>'.encode()
    data = part("xl/worksheets/sheet2.xml", lambda xml: xml.replace(b"</sheetData>", more))
    assert only_fault(data) == "workbook.too_many_rows"


def test_a_far_cell_hides_behind_no_prefix() -> None:
    corner = (
        b'<row r="90"><x:c r="XFD1048576" xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/></row>'
    )
    data = part("xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</sheetData>", corner + b"</sheetData>"))
    assert only_fault(data) == "workbook.too_many_rows"


def test_a_million_empty_rows_are_refused() -> None:
    assert only_fault(rows_of(100_000)) in ("workbook.too_many_rows", "workbook.zip_bomb")


def test_a_few_empty_rows_below_are_nobody_s_trouble() -> None:
    data = rows_of(200, at=100)
    assert says(filled(data, {"staff:total": 5})) == {"staff:total": "5"}


def test_repeated_rows_of_an_ods_are_refused_only_where_they_are_filled() -> None:
    """LibreOffice ends each sheet with a row repeated a million times; that is nothing."""

    def with_rows(value: str | None) -> bytes:
        book = opendocument.load(BytesIO(as_ods(blank())))
        sheet = book.spreadsheet.getElementsByType(table.Table)[0]
        row = table.TableRow(numberrowsrepeated=1_048_000)
        kind = {"valuetype": "float", "value": value} if value else {}
        row.addElement(table.TableCell(numbercolumnsrepeated=16_000 if not value else 1, **kind))
        sheet.addElement(row)
        out = BytesIO()
        book.write(out)
        return out.getvalue()

    assert only_fault(with_rows("7")) == "workbook.too_many_rows"
    assert reading(with_rows(None)).content is not None


# --------------------------------------------------------------------------------------------------- other formats


def with_record(old: int, new: int) -> bytes:
    """An xls with the kind of its first record of one kind changed."""
    data = bytearray(as_xls(blank()))
    at = data.index(b"\x09\x08\x10\x00\x00\x06\x05\x00")  # BOF of the globals, BIFF8
    while struct.unpack_from("<H", data, at)[0] != old:
        at += 4 + struct.unpack_from("<H", data, at + 2)[0]
    struct.pack_into("<H", data, at, new)
    return bytes(data)


WRITEACCESS = 0x5C


@pytest.mark.parametrize(
    ("kind", "code"), [(0x2F, "workbook.protected"), (0xD3, "workbook.macros")], ids=["FILEPASS", "OBPROJ"]
)
def test_an_xls_that_should_not_be_opened_is_refused(kind: int, code: str) -> None:
    assert only_fault(with_record(WRITEACCESS, kind)) == code


def test_an_xls_that_is_cut_off_is_refused() -> None:
    data = as_xls(blank())
    for length in (600, 2_000, len(data) // 2):
        assert reading(data[:length]).content is None


def test_an_xls_with_a_far_cell_is_refused() -> None:
    book, out = xlwt.Workbook(), BytesIO()
    book.add_sheet("x").write(65_000, 200, 1)
    book.save(out)
    assert only_fault(out.getvalue()) == "workbook.too_many_rows"


@pytest.mark.parametrize("size", [0, 100, 4096, 5000, 70_000, 2_000_000])
def test_a_container_of_our_own_holds_the_stream_whole(size: int) -> None:
    stream = bytes(index * 7 % 251 for index in range(size))
    held = Compound(wrapped("Workbook", stream)).stream("Workbook")
    assert held is not None
    assert held[:size] == stream
    assert not held[size:].strip(b"\0")


def inside(old: bytes, new: bytes) -> bytes:
    """An xls with bytes of its stream replaced once."""
    data = as_xls(filled(blank(), {"staff:total": 5}))
    stream = Compound(data).stream("Workbook")
    assert stream is not None
    assert old in stream
    return wrapped("Workbook", stream.replace(old, new, 1))


def dimensions(*sizes: int) -> bytes:
    old = b"\x00\x02\x0e\x00"
    stream = Compound(as_xls(blank())).stream("Workbook")
    assert stream is not None
    at = stream.index(old)
    return inside(stream[at : at + 16], old + struct.pack("<IIHH", *sizes))


@pytest.mark.parametrize(
    ("sizes", "code"),
    [
        ((0, 2**32 - 1, 0, 2**16 - 1), "workbook.too_many_rows"),
        ((0, 65_536, 0, 256), "workbook.too_many_rows"),
        ((90, 3, 0, 9), "workbook.unreadable"),
        ((0, 90, 9, 3), "workbook.unreadable"),
    ],
)
def test_an_xls_may_not_ask_for_room_it_does_not_need(sizes: tuple[int, ...], code: str) -> None:
    """The parser sets the room aside at once, and ends the whole process where there is not enough."""
    assert only_fault(dimensions(*sizes)) == code


def test_an_xls_with_rows_out_of_order_is_refused() -> None:
    """From the first row to the last one would then be four thousand million rows."""
    integer, row, column = 0x027E, 11, 4
    old, new = (struct.pack("<HHHH", integer, 10, at, column) for at in (row, 0))
    assert only_fault(inside(old, new)) == "workbook.unreadable"


def test_an_xls_may_not_claim_more_strings_than_it_has_bytes() -> None:
    stream = Compound(as_xls(blank())).stream("Workbook")
    assert stream is not None
    at = stream.index(b"\xfc\x00")
    size = struct.unpack_from("<H", stream, at + 2)[0]
    assert size > 100
    old = stream[at : at + 12]
    assert only_fault(inside(old, old[:8] + b"\xff\xff\xff\x7f")) == "workbook.unreadable"


def ods_part(name: str, change: Callable[[bytes], bytes]) -> bytes:
    return repacked(as_ods(blank()), lambda held, data: change(data) if held == name else data)


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("META-INF/manifest.xml", b"</manifest:manifest>", b"<manifest:encryption-data/></manifest:manifest>",
         "workbook.protected"),
        ("content.xml", b"</office:spreadsheet>", b'<table:table-source xlink:href="x.ods"/></office:spreadsheet>',
         "workbook.external_links"),
        ("mimetype", b"spreadsheet", b"text", "workbook.not_a_workbook"),
        ("content.xml", b"<office:document-content", ENTITY + b"<office:document-content", "workbook.unreadable"),
    ],
    ids=["password", "link", "text document", "entities"],
)  # fmt: skip
def test_an_ods_that_should_not_be_opened_is_refused(name: str, old: bytes, new: bytes, code: str) -> None:
    assert only_fault(ods_part(name, lambda data: data.replace(old, new, 1))) == code


# ---------------------------------------------------------------------------------------------------------- fuzz


def damaged(data: bytes, where: list[tuple[int, int]], cut: int) -> bytes:
    made = bytearray(data)
    for at, value in where:
        made[at % len(made)] = value
    return bytes(made[: max(8, len(made) - cut)])


DAMAGE = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=12)
SOURCES = {"xlsx": lambda data: data, "xls": as_xls, "ods": as_ods}


@lru_cache
def source(kind: str) -> bytes:
    return SOURCES[kind](filled(blank(), {"staff:total": 120, "staff:women": 48, "classes:total": 21}))


@pytest.mark.parametrize("kind", SOURCES)
@given(where=DAMAGE, cut=st.sampled_from([0, 0, 0, 1, 100, 5_000]))
def test_damaged_bytes_never_raise(kind: str, where: list[tuple[int, int]], cut: int) -> None:
    reading(damaged(source(kind), where, cut))


@given(where=DAMAGE)
def test_damage_inside_the_parts_never_raises(where: list[tuple[int, int]]) -> None:
    """Past the checksums: the XML itself is damaged, in a zip file that is whole."""
    names = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml")
    target = names[where[0][0] % len(names)]
    reading(part(target, lambda data: damaged(data, where, 0)))


@given(st.binary(max_size=400))
def test_any_bytes_are_screened_or_refused(data: bytes) -> None:
    for head in (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        with suppress(Unsafe):
            screen(head + data)


def test_the_limits_hold_a_real_form_many_times_over() -> None:
    assert ROW_LIMIT > 20 * 200
    assert COLUMN_LIMIT > 5 * 30
