"""The records of an old Excel workbook (MS-XLS, BIFF8), as far as a parser hides what they say."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tienbo.papers.workbook.marks import Cell, Marks
from tienbo.papers.workbook.safety import COLUMN_LIMIT, ROW_LIMIT, Unsafe

BOF, EOF, FILEPASS, BOUNDSHEET, SUPBOOK, OBPROJ = 0x0809, 0x000A, 0x002F, 0x0085, 0x01AE, 0x00D3
FORMAT, XF, FORMULA, BOOLERR = 0x041E, 0x00E0, 0x0006, 0x0205
STRINGS, DIMENSIONS = 0x00FC, 0x0200
NUMBER, RK, MULRK, LABEL, LABELSST = 0x0203, 0x027E, 0x00BD, 0x0204, 0x00FD
_OWN_BOOK, _ADD_IN = 0x0401, 0x3A01


def _records(stream: bytes, start: int = 0) -> Iterator[tuple[int, bytes]]:
    while start + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, start)
        yield kind, stream[start + 4 : start + 4 + size]
        start += 4 + size


def xls_marks(stream: bytes) -> list[Marks]:
    """The marks of each sheet in order. Raises Unsafe for what may not be parsed at all."""
    try:
        sheets, percents = _globals(stream)
        return [_sheet(stream, start, percents) for start in sheets]
    except (struct.error, IndexError) as broken:
        raise Unsafe("workbook.unreadable", reason="BIFF") from broken


def _globals(stream: bytes) -> tuple[list[int], frozenset[int]]:
    sheets: list[int] = []
    shown: set[int] = {9, 10}
    formats: list[int] = []
    for index, (kind, data) in enumerate(_records(stream)):
        if index == 0 and (kind != BOF or struct.unpack_from("<H", data)[0] != 0x0600):
            raise Unsafe("workbook.unreadable", reason="BIFF8")
        if kind == FILEPASS:
            raise Unsafe("workbook.protected")
        if kind == OBPROJ:
            raise Unsafe("workbook.macros")
        if kind == SUPBOOK and struct.unpack_from("<H", data, 2)[0] not in (_OWN_BOOK, _ADD_IN):
            raise Unsafe("workbook.external_links")
        if kind == STRINGS and struct.unpack_from("<I", data, 4)[0] > len(stream):
            raise Unsafe("workbook.unreadable", reason="SST")
        if kind == BOUNDSHEET:
            start, _visible, sort = struct.unpack_from("<IBB", data)
            if sort in (1, 6):
                raise Unsafe("workbook.macros")
            sheets.append(start)
        elif kind == FORMAT and b"%" in data[2:]:
            shown.add(struct.unpack_from("<H", data)[0])
        elif kind == XF:
            formats.append(struct.unpack_from("<H", data, 2)[0])
        elif kind == EOF:
            break
    return sheets, frozenset(index for index, number in enumerate(formats) if number in shown)


def _sheet(stream: bytes, start: int, percents: frozenset[int]) -> Marks:
    """The marks of one sheet. Sizes and the order of rows are looked at because the parser trusts them: it sets
    aside room for all cells between the first row and the last one."""
    marks = Marks()
    depth = last = 0
    for kind, data in _records(stream, start):
        if kind == DIMENSIONS:
            _refuse_large(*struct.unpack_from("<IIHH", data))
        if kind == BOF:
            depth += 1  # a chart inside the sheet brings its own
        elif kind == EOF:
            depth -= 1
            if depth == 0:
                break
        elif depth == 1 and kind in (FORMULA, BOOLERR, NUMBER, RK, MULRK, LABEL, LABELSST):
            row, column, style = struct.unpack_from("<HHH", data)
            if row >= ROW_LIMIT or column + len(data) // 6 * (kind == MULRK) >= COLUMN_LIMIT:
                raise Unsafe("workbook.too_many_rows", limit=ROW_LIMIT)
            if row < last:
                raise Unsafe("workbook.unreadable", reason="BIFF: rows out of order")
            last = row
            _mark(marks, kind, data, (row, column))
            if kind == MULRK:
                for index in range((len(data) - 6) // 6):
                    if struct.unpack_from("<H", data, 4 + 6 * index)[0] in percents:
                        marks.percents.add((row, column + index))
            elif style in percents:
                marks.percents.add((row, column))
    return marks


def _refuse_large(first_row: int, end_row: int, first_column: int, end_column: int) -> None:
    if first_row > end_row or first_column > end_column:
        raise Unsafe("workbook.unreadable", reason="BIFF: DIMENSIONS")
    if end_row > ROW_LIMIT or end_column > COLUMN_LIMIT:
        raise Unsafe("workbook.too_many_rows", limit=ROW_LIMIT)


def _mark(marks: Marks, kind: int, data: bytes, where: Cell) -> None:
    if kind == BOOLERR and data[7]:
        marks.errors.add(where)
    elif kind == FORMULA and data[12:14] == b"\xff\xff":
        # Not a number: 0 a string that follows, 1 a truth value, 2 an error, 3 nothing was calculated.
        if data[6] == 2:
            marks.errors.add(where)
        elif data[6] == 3:
            marks.uncalculated.add(where)
