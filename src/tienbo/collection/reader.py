"""Reading and checking one file, in whatever process: no database, no site, only definitions and a seal."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from tienbo.catalogue.fingerprint import from_canonical, installed
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, Figure, facts
from tienbo.core.apart import arrives
from tienbo.core.disk import DiskReason
from tienbo.core.faults import Fault, errors, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.engine.rows import Rows, rows_of, rows_packed, rows_unpacked
from tienbo.ground.files import sha256
from tienbo.papers.workbook import workbook_read
from tienbo.papers.workbook.blanks import gathered

LARGEST = 20 * 1024 * 1024

worded(
    {
        "intake.not_a_file": N_("{name} cannot be opened: {reason}."),
        "intake.too_large": N_("{name} has {size} bytes; the most that is taken is {most}."),
    }
)


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as it was read. `content` is None when faults kept it out. `rows`, the facts that follow, is None where
    a block carries over an earlier return, which only the database knows."""

    path: Path
    sha256: str
    size: int
    content: Content | None
    faults: tuple[Fault, ...]
    rows: Rows | None = None
    known: bool = False
    """These bytes were received before, so nothing was read."""
    text: str = ""
    """The content as canonical JSON, worked out here because the process that stores cannot be doubled."""


@dataclass(frozen=True)
class Reader:
    """What reading needs: the seal of the site's workbooks, the period expected, editions as the site keeps them."""

    seal: bytes
    period: Period | None = None
    kept: Mapping[str, str] = field(default_factory=dict)
    """Fingerprint → canonical definitions."""
    known: frozenset[str] = frozenset()
    """SHA-256 of files that were received before."""

    def edition(self, mark: str) -> Edition | None:
        return from_canonical(self.kept[mark]) if mark in self.kept else installed(mark)

    def read(self, path: Path) -> ReadFile:
        """Read and check one file. Never raises for what a file can be."""
        return self.checked(path, self.brought(path))

    def brought(self, path: Path) -> ReadFile | bytes:
        """The bytes of a file, or what is told of it without opening it."""
        try:
            size = path.stat().st_size
            if size > LARGEST:
                fields = {"name": path.name, "size": size, "most": LARGEST}
                return ReadFile(path, "", size, None, (Fault("intake.too_large", path.name, fields),))
            data = path.read_bytes()
        except OSError as broken:
            fields = {"name": path.name, "reason": DiskReason.of(broken)}
            return ReadFile(path, "", 0, None, (Fault("intake.not_a_file", path.name, fields),))
        return data

    def checked(self, path: Path, data: ReadFile | bytes) -> ReadFile:
        """What the bytes that `brought` gave say."""
        if isinstance(data, ReadFile):
            return data
        digest = sha256(data)
        if digest in self.known:
            return ReadFile(path, digest, len(data), None, (), known=True)
        reading = workbook_read(data, name=path.name, editions=self.edition, seal=self.seal, period=self.period)
        content, faults = reading.content, tuple(gathered(reading.faults))
        if content is None or errors(faults):
            return ReadFile(path, digest, len(data), None, faults)
        edition = self.edition(content.edition)
        waits = "unchanged" in content.statements.values()
        rows = None if edition is None or waits else rows_of(facts(edition, content))
        return ReadFile(path, digest, len(data), content, faults, rows, text=content.as_json())


_reader: Reader | None = None


TRUSTED = (
    *(__name__, "tienbo.catalogue.", "tienbo.papers.workbook."),
    *(f"tienbo.core.{name}" for name in ("faults", "periods", "disk", "spans", "words", "shares")),
)
"""Modules whose classes are in what a process apart answers (`core.apart`)."""


def start(reader: Reader) -> None:
    """Make the Reader this worker process's own. What it will need is loaded now: later no file can be opened."""
    global _reader  # noqa: PLW0603 - a worker has one reader for its life
    _reader = reader
    for mark in reader.kept:
        reader.edition(mark)
    rows_packed(rows_of([]))
    # What was imported stays: looked through for garbage with every so many figures, it cost a twentieth of reading.
    gc.freeze()


def read(path: Path, data: ReadFile | bytes) -> ReadFile:
    """Read with this worker's reader, packed for the way to the process that asked."""
    if _reader is None:
        raise RuntimeError("this process was not started as a reader")
    return cast(ReadFile, Parcel(_reader.checked(path, data)))  # what arrives there is the ReadFile


class Parcel:
    """A ReadFile on its way to another process: the facts travel as packed columns, the figures in the text that says
    them all. Sent one by one, they cost the process that stores more than storing them."""

    def __init__(self, held: ReadFile) -> None:
        self.held = held

    def __reduce__(self) -> tuple[Any, ...]:
        held, content = self.held, self.held.content
        bare = replace(held, content=None if content is None else replace(content, figures={}), rows=None)
        return _arrived, (bare, None if held.rows is None else rows_packed(held.rows))


@arrives
def _arrived(bare: ReadFile, rows: bytes | None) -> ReadFile:
    content = bare.content
    if content is not None:
        content = replace(content, figures=_Unopened(bare.text))
    return replace(bare, content=content, rows=None if rows is None else rows_unpacked(rows))


class _Unopened(Mapping[str, Figure]):
    """The figures of a content, read from its text when somebody asks: who stores it mostly does not."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _figures(self) -> Mapping[str, Figure]:
        return Content.from_json(self.text).figures

    def __getitem__(self, address: str) -> Figure:
        return self._figures[address]

    def __iter__(self) -> Iterator[str]:
        return iter(self._figures)

    def __len__(self) -> int:
        return len(self._figures)
