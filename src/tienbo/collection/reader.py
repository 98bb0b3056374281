"""Reading and checking one file, in whatever process: no database, no site, only definitions and a seal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from tienbo.catalogue.fingerprint import from_canonical, installed
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, FactRow, Figure, facts
from tienbo.core.disk import DiskReason
from tienbo.core.faults import Fault, errors, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.ground.files import sha256
from tienbo.papers.workbook import workbook_read

LARGEST = 20 * 1024 * 1024

worded(
    {
        "intake.not_a_file": N_("{name} cannot be opened: {reason}."),
        "intake.too_large": N_("{name} has {size} bytes; the most that is taken is {most}."),
    }
)


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as it was read. `content` is None when faults kept it out. `facts` is empty where a block carries
    over an earlier return, which only the database knows."""

    path: Path
    sha256: str
    size: int
    content: Content | None
    faults: tuple[Fault, ...]
    facts: tuple[FactRow, ...] = ()
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
        try:
            size = path.stat().st_size
            if size > LARGEST:
                fields = {"name": path.name, "size": size, "most": LARGEST}
                return ReadFile(path, "", size, None, (Fault("intake.too_large", path.name, fields),))
            data = path.read_bytes()
        except OSError as broken:
            fields = {"name": path.name, "reason": DiskReason.of(broken)}
            return ReadFile(path, "", 0, None, (Fault("intake.not_a_file", path.name, fields),))
        digest = sha256(data)
        if digest in self.known:
            return ReadFile(path, digest, len(data), None, (), known=True)
        reading = workbook_read(data, name=path.name, editions=self.edition, seal=self.seal, period=self.period)
        content, faults = reading.content, tuple(reading.faults)
        if content is None or errors(faults):
            return ReadFile(path, digest, len(data), None, faults)
        edition = self.edition(content.edition)
        waits = "unchanged" in content.statements.values()
        rows = () if edition is None or waits else tuple(facts(edition, content))
        return ReadFile(path, digest, len(data), content, faults, rows, text=content.as_json())


_reader: Reader | None = None


def start(reader: Reader) -> None:
    """Make `reader` this worker process's own."""
    global _reader  # noqa: PLW0603 - a worker has one reader for its life
    _reader = reader


def read(path: Path) -> ReadFile:
    """Read with this worker's reader, packed for the way to the process that asked."""
    if _reader is None:
        raise RuntimeError("this process was not started as a reader")
    return cast(ReadFile, Parcel(_reader.read(path)))  # what arrives there is the ReadFile


class Parcel:
    """A ReadFile on its way to another process: figures and facts travel as columns, which costs a fifth of sending
    them one by one, and arrive as they were."""

    def __init__(self, held: ReadFile) -> None:
        self.held = held

    def __reduce__(self) -> tuple[Any, ...]:
        held, content = self.held, self.held.content
        bare = replace(held, content=None if content is None else replace(content, figures={}), facts=())
        figures = {} if content is None else content.figures
        columns = (tuple(zip(*rows, strict=True)) for rows in (figures.values(), held.facts))
        return _arrived, (bare, tuple(figures), *columns)


def _arrived(bare: ReadFile, addresses: Sequence[str], figures: Sequence[Any], rows: Sequence[Any]) -> ReadFile:
    content = bare.content
    if content is not None:
        made = map(Figure._make, zip(*figures, strict=True))
        content = replace(content, figures=dict(zip(addresses, made, strict=True)))
    return replace(bare, content=content, facts=tuple(map(FactRow._make, zip(*rows, strict=True))))
