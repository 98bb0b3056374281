"""The container of old Excel files and of encrypted new ones (MS-CFB): names and streams, nothing more."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

_FREE = 0xFFFFFFFA
"""Sector numbers from here on are marks (end of chain, free, allocation table), not sectors."""


class NotCompound(ValueError):  # noqa: N818 - what it is not
    """The container is broken."""


class Compound:
    """The directory and streams of a compound file. Chains are followed no further than the file is long."""

    def __init__(self, data: bytes) -> None:
        try:
            self._open(data)
        except (struct.error, IndexError) as broken:
            raise NotCompound("compound file") from broken

    def _open(self, data: bytes) -> None:
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise NotCompound("sector size")
        self._data, self._size = data, 1 << shift
        first_directory, _version, self._cutoff, first_mini, _minis, first_difat, difats = struct.unpack_from(
            "<7I", data, 48
        )
        tables = list(struct.unpack_from("<109I", data, 76))
        for _ in range(min(difats, len(data) // self._size)):
            if first_difat >= _FREE:
                break
            sector = struct.unpack(f"<{self._size // 4}I", self._sector(first_difat))
            tables += sector[:-1]
            first_difat = sector[-1]
        packed = b"".join(self._sector(table) for table in tables if table < _FREE)
        self._next = struct.unpack(f"<{len(packed) // 4}I", packed)
        directory = self._chain(first_directory)
        self._entries = [
            (name, *struct.unpack_from("<IQ", directory, at + 116))
            for at in range(0, len(directory) - 127, 128)
            if (name := directory[at : at + max(0, directory[at + 64] - 2)].decode("utf-16-le", "replace"))
        ]
        mini = self._chain(first_mini) if first_mini < _FREE else b""
        self._mini_next = struct.unpack(f"<{len(mini) // 4}I", mini)
        self._mini = self._chain(self._entries[0][1]) if self._entries and self._entries[0][1] < _FREE else b""

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        if start >= len(self._data):
            raise NotCompound("sector outside the file")
        return self._data[start : start + self._size].ljust(self._size, b"\0")

    def _chain(self, first: int) -> bytes:
        return self._follow(first, self._next, self._sector)

    @staticmethod
    def _follow(first: int, following: Sequence[int], sector: Callable[[int], bytes]) -> bytes:
        made: list[bytes] = []
        while first < _FREE:
            if len(made) > len(following):
                raise NotCompound("a chain of sectors runs in a circle")
            made.append(sector(first))
            first = following[first]
        return b"".join(made)

    def has(self, *names: str) -> bool:
        return any(entry[0] in names for entry in self._entries)

    def stream(self, name: str) -> bytes | None:
        """The bytes of a stream, None where there is none of that name."""
        try:
            return self._stream(name)
        except IndexError as broken:
            raise NotCompound("a chain of sectors leaves the table") from broken

    def _stream(self, name: str) -> bytes | None:
        for held, first, declared in self._entries:
            size = declared & 0xFFFFFFFF  # the upper half is rubbish in old files
            if held.casefold() == name.casefold():
                if size >= self._cutoff:
                    return self._chain(first)[:size]
                return self._follow(first, self._mini_next, lambda n: self._mini[n * 64 : n * 64 + 64])[:size]
        return None


_SECTOR = 512
_END, _TABLE, _NONE = 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_LEAST = 4096
"""A shorter stream would live among the small ones."""
STREAM_LIMIT = (109 * (_SECTOR // 4) - 110) * _SECTOR
"""Bytes of stream (6.8 MB) that the tables named in the header reach; a form has about 60 KB."""


def wrapped(name: str, stream: bytes) -> bytes:
    """A compound file that holds one stream, and is sound: what a parser gets instead of the one that came.

    Sectors 0 to t are the table of sectors, the next one is the directory, then follows the stream.
    """
    sectors = -(-max(len(stream), _LEAST) // _SECTOR)
    tables = 1
    while tables * (_SECTOR // 4) < tables + 1 + sectors:
        tables += 1
    first = tables + 1
    follow = [_TABLE] * tables + [_END] + [*range(first + 1, first + sectors), _END]
    follow += [_NONE] * (tables * (_SECTOR // 4) - len(follow))
    header = struct.pack("<8s16x5H6x", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, tables, tables, 0, _LEAST, _END, 0, _END, 0)
    header += struct.pack("<109I", *range(tables), *[_NONE] * (109 - tables))
    directory = _entry("Root Entry", 5, _END, 0, child=1) + _entry(name, 2, first, sectors * _SECTOR)
    return b"".join(
        (
            header.ljust(_SECTOR, b"\0"),
            struct.pack(f"<{len(follow)}I", *follow),
            directory.ljust(_SECTOR, b"\0"),
            stream.ljust(sectors * _SECTOR, b"\0"),
        )
    )


def _entry(name: str, kind: int, first: int, size: int, child: int = _NONE) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    return raw.ljust(64, b"\0") + struct.pack("<HBB3I36xIQ", len(raw), kind, 1, _NONE, _NONE, child, first, size)
