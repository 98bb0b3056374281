"""Opening a file that came from outside: what it is, and whether it may be parsed at all.

Nothing is inflated before its declared sizes were looked at, nothing beyond them, and the parser is handed only
the parts it needs, stored, exactly as they were looked at here.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Literal

from tienbo.core.faults import Fault
from tienbo.papers.workbook.compound import STREAM_LIMIT, Compound, NotCompound, wrapped

FILE_LIMIT = 16 * 2**20
"""Bytes of a whole file. A form with its data has about 30 KB; a pasted photograph is forgiven."""
ENTRY_LIMIT = 500
PART_LIMIT = 12 * 2**20
"""Bytes of one part once inflated; a sheet of a form has about 60 KB."""
TOTAL_LIMIT = 32 * 2**20
RATIO_LIMIT = 250
"""Inflated over stored, of a part above RATIO_FLOOR: XML of real sheets stays below 100."""
RATIO_FLOOR = 2**20
ROW_LIMIT = 9_999
COLUMN_LIMIT = 256
"""A parser lays a sheet out as a full grid, so both must be bounded: one cell in the last corner is 17 thousand
million cells."""

Format = Literal["xlsx", "ods", "xls"]


class Unsafe(Exception):  # noqa: N818 - what was found, not a failure of ours
    """The file may not be parsed; the fault says why."""

    def __init__(self, code: str, **fields: object) -> None:
        self.code, self.fields = code, fields
        super().__init__(code)

    def fault(self, name: str) -> Fault:
        return Fault(self.code, name, self.fields)


@dataclass(frozen=True)
class Opened:
    """A file that may be parsed: its format, what the parser gets, and the parts as bytes (xls: the stream)."""

    format: Format
    data: bytes
    parts: Mapping[str, bytes]


def screen(data: bytes) -> Opened:
    """Look a file over by its bytes, never by its name. Raises Unsafe."""
    if len(data) > FILE_LIMIT:
        raise Unsafe("workbook.too_large", size=_megabytes(len(data)), limit=_megabytes(FILE_LIMIT))
    if not data:
        raise Unsafe("workbook.empty")
    if data[:4] == b"PK\x03\x04":
        return _zipped(data)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _compound(data)
    raise Unsafe("workbook.not_a_workbook")


def _megabytes(size: int) -> int:
    return max(1, size // 2**20)


def _compound(data: bytes) -> Opened:
    try:
        file = Compound(data)
        if file.has("EncryptedPackage", "EncryptionInfo"):
            raise Unsafe("workbook.protected")
        if file.has("_VBA_PROJECT_CUR", "VBA", "_VBA_PROJECT"):
            raise Unsafe("workbook.macros")
        stream = file.stream("Workbook") or file.stream("Book")
    except NotCompound as broken:
        raise Unsafe("workbook.unreadable", reason=str(broken)) from broken
    if stream is None:
        raise Unsafe("workbook.not_a_workbook")
    if len(stream) > STREAM_LIMIT:
        raise Unsafe("workbook.too_large", size=_megabytes(len(stream)), limit=_megabytes(STREAM_LIMIT))
    return Opened("xls", wrapped("Workbook", stream), {"Workbook": stream})


# ----------------------------------------------------------------------------------------------- zipped files

_KEPT = re.compile(
    r"xl/(?:workbook|styles|sharedStrings|worksheets/[^/]+)\.xml$|xl/_rels/workbook\.xml\.rels$"
    r"|\[Content_Types\]\.xml$|_rels/\.rels$|content\.xml$|mimetype$|META-INF/manifest\.xml$",
    re.IGNORECASE,
)
"""What the parser needs. Pictures, comments, drawings and the like are neither inflated nor handed on."""

_MACROS = re.compile(r"vbaProject.*\.bin$|^xl/macrosheets/|^xl/dialogsheets/|^Basic/|^Scripts/", re.IGNORECASE)
_OUTSIDE = re.compile(r"^xl/externalLinks/|^xl/connections\.xml$|^xl/queryTables/", re.IGNORECASE)


def _zipped(data: bytes) -> Opened:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, struct.error, EOFError, NotImplementedError) as broken:
        raise Unsafe("workbook.unreadable", reason=str(broken)) from broken
    names = {entry.filename for entry in entries}
    _refuse_shape(entries, names)
    if "xl/workbook.xml" in names:
        kind: Format = "xlsx"
    elif "content.xml" in names:
        kind = "ods"
    else:
        raise Unsafe("workbook.not_a_workbook")
    parts = {entry.filename: _inflate(data, entry) for entry in entries if _KEPT.match(entry.filename)}
    if kind == "ods":
        _refuse_ods(parts)
    for name, part in parts.items():
        # One byte is found twenty times as fast as two, and most parts have no exclamation mark at all.
        if b"!" in part and (b"<!DOCTYPE" in part or b"<!ENTITY" in part):
            raise Unsafe("workbook.unreadable", reason=f"{name}: DOCTYPE")
        if b"\0" in part[:4]:
            raise Unsafe("workbook.unreadable", reason=f"{name}: UTF-16")  # which could hide one
        if name.startswith("xl/worksheets/"):
            parts[name] = _cells_of(part)
    return Opened(kind, _stored(entries, parts), parts)


def screen_whole(data: bytes) -> None:
    """Look at every part of a zipped file that `screen` let pass, where that one looks at those alone that the reader
    needs: before a program parses all of them. Raises Unsafe."""
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except (zipfile.BadZipFile, ValueError, struct.error, EOFError, NotImplementedError) as broken:
        raise Unsafe("workbook.unreadable", reason=str(broken)) from broken
    with archive:
        entries = archive.infolist()
        if len(entries) > ENTRY_LIMIT or sum(entry.file_size for entry in entries) > TOTAL_LIMIT:
            raise Unsafe("workbook.zip_bomb")
        for entry in entries:
            if entry.file_size > PART_LIMIT:
                raise Unsafe("workbook.zip_bomb")
            if not entry.filename.endswith((".xml", ".rels", ".vml")):
                continue
            try:
                part = archive.read(entry)
            except (zipfile.BadZipFile, RuntimeError, EOFError, OSError, zlib.error) as broken:
                raise Unsafe("workbook.unreadable", reason=entry.filename) from broken
            if b"<!DOCTYPE" in part or b"<!ENTITY" in part or b"\0" in part[:4]:
                raise Unsafe("workbook.unreadable", reason=entry.filename)


def _cells_of(sheet: bytes) -> bytes:
    """A sheet's cells and merged ranges. What follows them, lists of allowed words and the like, is longer than they
    are, and nothing here reads it."""
    end = sheet.find(b"</sheetData>")
    if end < 0 or not sheet.endswith(b"</worksheet>") or (b"!" in sheet and b"<!" in sheet):
        return sheet  # written in another way: let the parser see it whole
    first = sheet.find(b"<mergeCells", end)
    last = sheet.find(b"</mergeCells>", first) if first > 0 else -1
    merged = sheet[first : last + 13] if last > 0 else b""
    return sheet[: end + 12] + merged + b"</worksheet>"


def _refuse_shape(entries: list[zipfile.ZipInfo], names: set[str]) -> None:
    """Everything that can be said from the list of contents alone."""
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Unsafe("workbook.protected")
    if any(map(_MACROS.search, names)):
        raise Unsafe("workbook.macros")
    if any(map(_OUTSIDE.search, names)):
        raise Unsafe("workbook.external_links")
    if len(entries) > ENTRY_LIMIT or len(names) != len(entries) or _overlap(entries):
        raise Unsafe("workbook.zip_bomb")
    total = 0
    for entry in entries:
        if not _KEPT.match(entry.filename):
            continue
        total += entry.file_size
        if entry.file_size > RATIO_FLOOR and entry.file_size > RATIO_LIMIT * max(1, entry.compress_size):
            raise Unsafe("workbook.zip_bomb")
        if entry.file_size > PART_LIMIT:
            if entry.filename.startswith("xl/worksheets/"):
                raise Unsafe("workbook.too_many_rows", limit=ROW_LIMIT)
            raise Unsafe("workbook.too_large", size=_megabytes(entry.file_size), limit=_megabytes(PART_LIMIT))
    if total > TOTAL_LIMIT:
        raise Unsafe("workbook.too_large", size=_megabytes(total), limit=_megabytes(TOTAL_LIMIT))


def _overlap(entries: list[zipfile.ZipInfo]) -> bool:
    """Whether two entries share bytes of the file, which only a bomb does: much is made of little without a lie."""
    spans = sorted((entry.header_offset, entry.compress_size) for entry in entries)
    return any(start + 30 + size > after for (start, size), (after, _size) in pairwise(spans))


def _refuse_ods(parts: Mapping[str, bytes]) -> None:
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise Unsafe("workbook.protected")
    mimetype = parts.get("mimetype", b"")
    if b"opendocument.spreadsheet" not in mimetype:
        raise Unsafe("workbook.not_a_workbook")
    content = parts["content.xml"]
    if b"<table:table-source" in content or b"table:cell-range-source" in content or b"'file://" in content:
        raise Unsafe("workbook.external_links")


def _inflate(data: bytes, entry: zipfile.ZipInfo) -> bytes:
    """One part, never more of it than it declares. The directory's word is what is checked and what counts."""
    header = data[entry.header_offset : entry.header_offset + 30]
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise Unsafe("workbook.unreadable", reason=entry.filename)
    start = entry.header_offset + 30 + sum(struct.unpack_from("<HH", header, 26))
    packed = data[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        made = packed
    elif entry.compress_type == zipfile.ZIP_DEFLATED:
        inflater = zlib.decompressobj(-15)
        try:
            made = inflater.decompress(packed, entry.file_size + 1)
        except zlib.error as broken:
            raise Unsafe("workbook.unreadable", reason=entry.filename) from broken
    else:
        raise Unsafe("workbook.unreadable", reason=entry.filename)
    if len(made) > entry.file_size:
        raise Unsafe("workbook.zip_bomb")
    if len(made) < entry.file_size or zlib.crc32(made) != entry.CRC:
        raise Unsafe("workbook.unreadable", reason=entry.filename)
    return made


def _stored(entries: Iterable[zipfile.ZipInfo], parts: Mapping[str, bytes]) -> bytes:
    """The parts as a zip file without compression: inflating twice would cost as much as reading."""
    out: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for entry in entries:
        made = parts.get(entry.filename)
        if made is None:
            continue
        name, size = entry.filename.encode(), len(made)
        checksum = entry.CRC if size == entry.file_size else zlib.crc32(made)
        fields = (0x800, 0, 0, 0x21, checksum, size, size, len(name), 0)
        out += (struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, *fields), name, made)
        directory += (struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, *fields, 0, 0, 0, 0, offset), name)
        offset += 30 + len(name) + size
    listed = b"".join(directory)
    count = len(directory) // 2
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(listed), offset, 0)
    return b"".join((*out, listed, end))
