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
        for held, first, declared in self._entries:
            size = declared & 0xFFFFFFFF  # the upper half is rubbish in old files
            if held.casefold() == name.casefold():
                if size >= self._cutoff:
                    return self._chain(first)[:size]
                return self._follow(first, self._mini_next, lambda n: self._mini[n * 64 : n * 64 + 64])[:size]
        return None
