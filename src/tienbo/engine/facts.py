"""Facts as columns: the schema of a segment, and the folder that keeps segments.

A fact is what one unit reported of one series in one half-year, with where it was typed. Segments are immutable
Parquet files, derived from revisions and rebuilt from them at will; which segments and revisions count is the
manifest's matter (collection), handed over as a `FactSet`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tienbo.engine.engines import Engine, engine, literal
from tienbo.engine.rows import FIGURE, QUALIFIERS, ROWS, Rows

SCHEMA = pa.schema(
    [
        pa.field("measure", pa.int32(), nullable=False),  # number of the series ("training.classes[sex=f]")
        pa.field("unit", pa.int32(), nullable=False),  # number of the unit as it was
        pa.field("period", pa.int16(), nullable=False),  # Period.index: half-years counted from year 0
        pa.field("value", FIGURE),  # null when it does not apply
        pa.field("status", pa.int8(), nullable=False),  # index into STATUSES
        pa.field("qualifier", pa.int8(), nullable=False),  # index into QUALIFIERS
        pa.field("cut_off", pa.date32()),  # "số liệu đến ngày" of an estimate
        pa.field("counts", pa.bool_(), nullable=False),  # false: said, kept, but another origin counts
        pa.field("origin", pa.int8(), nullable=False),  # index into ORIGINS
        pa.field("revision", pa.int32(), nullable=False),
        pa.field("cell", pa.dictionary(pa.int32(), pa.string()), nullable=False),
    ]
)
_ORDER = ["measure", "period", "unit"]


class Fact(NamedTuple):
    """One row of a segment, with its numbers already looked up. Columns as in SCHEMA."""

    measure: int
    unit: int
    period: int
    value: Decimal | None
    status: int
    qualifier: int
    cut_off: date | None
    counts: bool
    origin: int
    revision: int
    cell: str


class Segment(NamedTuple):
    """A written segment: its file name, number of rows and the SHA-256 of its bytes."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class FactSet:
    """Which facts answer a question: the segments, less the revisions that do not count at the asked basis."""

    paths: tuple[Path, ...]
    excluded: frozenset[int] = frozenset()
    version: str = ""
    """Fingerprint of the manifest and the basis: whatever is cached by it stays true."""
    basis: str = ""
    """Which returns the set holds ("accepted"), so that it is not read for another; "" where nobody said."""

    def source(self) -> str:
        """The FROM item that reads them: a Parquet scan, or an empty table of the same columns."""
        if not self.paths:
            return "empty_facts"
        files = ", ".join(literal(path) for path in self.paths)
        return f"read_parquet([{files}])"


EMPTY = pa.Table.from_batches([], SCHEMA)  # `empty_table` imports pandas where that is installed
FactTable: TypeAlias = pa.Table


def as_table(facts: Iterable[Fact]) -> pa.Table:
    """Facts as a sorted Arrow table in SCHEMA; ValueError-like Arrow errors for values out of range."""
    return table_of(list(zip(*facts, strict=True)) or [() for _ in SCHEMA])


def table_of(columns: Sequence[Sequence[Any]]) -> pa.Table:
    """The same from the columns of facts, in the order of SCHEMA."""
    arrays = [
        pa.array(column, type=field.type if not pa.types.is_dictionary(field.type) else pa.string())
        for column, field in zip(columns, SCHEMA, strict=True)
    ]
    arrays[-1] = arrays[-1].dictionary_encode()
    return pa.Table.from_arrays(arrays, schema=SCHEMA).sort_by([(name, "ascending") for name in _ORDER])


def series_in(rows: Iterable[Rows]) -> set[str]:
    """The series that occur in rows."""
    return set(pc.unique(pa.chunked_array([batch.column("series") for batch in rows], pa.string())).to_pylist())


class Told(NamedTuple):
    """The rows of one revision with what makes them facts."""

    rows: Rows
    unit: int
    period: int
    cut_off: date | None
    """Stands on estimates only."""
    revision: int
    counts: Mapping[str, bool]
    """Series → whether the unit is its origin."""


def table_told(told: Iterable[Told], measures: Mapping[str, int]) -> pa.Table:
    """What revisions told as a sorted table in SCHEMA; `measures`: series → number.

    By columns from end to end: taking rows apart and putting them together was most of what storing a return cost.
    """
    filled = [one for one in told if one.rows.num_rows]
    tables = [_table_told(list(alike), measures) for _, alike in groupby(filled, lambda one: id(one.counts))]
    table = pa.concat_tables(tables) if tables else EMPTY
    return table.unify_dictionaries().combine_chunks().sort_by([(name, "ascending") for name in _ORDER])


def _table_told(told: Sequence[Told], measures: Mapping[str, int]) -> pa.Table:
    """The same of revisions for which the same series count."""
    rows = pa.Table.from_batches([one.rows for one in told], ROWS).combine_chunks()
    series = rows["series"].combine_chunks().dictionary_encode()
    names = series.dictionary.to_pylist()
    counts = told[0].counts
    estimated = pc.equal(rows["qualifier"], QUALIFIERS.index("estimate"))
    columns = {
        **{name: rows[name] for name in ("value", "status", "qualifier", "origin")},
        "measure": pa.array([measures[name] for name in names], pa.int32()).take(series.indices),
        "counts": pa.array([counts[name] for name in names], pa.bool_()).take(series.indices),
        "unit": _repeated(told, "unit"),
        "period": _repeated(told, "period"),
        "revision": _repeated(told, "revision"),
        "cut_off": pc.if_else(estimated, _repeated(told, "cut_off"), pa.scalar(None, pa.date32())),
        "cell": rows["cell"].combine_chunks().dictionary_encode(),
    }
    return pa.Table.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _repeated(told: Sequence[Told], name: str) -> pa.ChunkedArray:
    """A field of each revision, once for each of its rows."""
    kind = SCHEMA.field(name).type
    return pa.chunked_array([pa.repeat(pa.scalar(getattr(one, name), kind), one.rows.num_rows) for one in told], kind)


SMALL = 2_000
"""A segment of no more rows is written plainly and not waited for until it is on the disk: it lives until the next
compaction, and who opens the site after a power cut derives it again (`collection.manifest.facts_catch_up`)."""


class FactStore:
    """The folder of segments. A segment is wholly there or not at all: temporary file, fsync, rename; of a small one
    (SMALL) that holds for whatever may happen to a process, not to the machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / name

    def write(self, table: pa.Table) -> Segment:
        """Write a segment from an Arrow table in SCHEMA (sorted by as_table or by the caller)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f".{secrets.token_hex(8)}.tmp"
        if table.num_rows <= SMALL:
            made = pa.BufferOutputStream()
            pq.write_table(table, made, compression="none", use_dictionary=False, store_schema=False)
            held = made.getvalue()
            temporary.write_bytes(held)
            return self._named(temporary, hashlib.sha256(held).hexdigest(), table.num_rows)
        pq.write_table(table, temporary, compression="zstd", row_group_size=131_072, write_statistics=True)
        return self._publish(temporary, table.num_rows)

    def compact(self, facts: FactSet, using: Engine | None = None) -> Segment:
        """One sorted segment that says what `facts` says; the old ones are left to the manifest to drop."""
        if not facts.excluded and (few := _few(facts.paths)) is not None:
            return self.write(few)
        temporary = self.folder / f".{secrets.token_hex(8)}.tmp"
        (using or engine()).execute(
            f"COPY (SELECT * FROM {facts.source()} {_kept(facts)} ORDER BY {', '.join(_ORDER)}) "  # noqa: S608
            f"TO {literal(temporary)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 131072)",
            empty_facts=EMPTY,
            excluded=_excluded(facts),
        )
        return self._publish(temporary, pq.read_metadata(temporary).num_rows)

    def _publish(self, temporary: Path, rows: int) -> Segment:
        with temporary.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        segment = self._named(temporary, sha256, rows)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # the rename itself must survive a power cut
        finally:
            os.close(folder)
        return segment

    def _named(self, temporary: Path, sha256: str, rows: int) -> Segment:
        name = f"{sha256[:32]}.parquet"
        temporary.rename(self.folder / name)
        return Segment(name, rows, sha256)

    def sweep(self, kept: Iterable[str]) -> list[str]:
        """Delete segments the manifest does not name, and what an interrupted write left. Returns their names."""
        names = set(kept)
        gone = [path for path in self.folder.glob("*") if path.is_file() and path.name not in names]
        for path in gone:
            path.unlink()
        return sorted(path.name for path in gone)


FEW = 20_000
"""Rows that are put together by hand sooner than a query engine is asked."""


def _few(paths: Sequence[Path]) -> pa.Table | None:
    """The rows of these segments, sorted; None where they are many."""
    files = [pq.ParquetFile(path, pre_buffer=False) for path in paths]
    if not files or sum(file.metadata.num_rows for file in files) > FEW:
        return None
    plain = pa.schema([field if field.name != "cell" else field.with_type(pa.string()) for field in SCHEMA])
    table = pa.concat_tables([file.read(use_threads=False).cast(plain) for file in files]).combine_chunks()
    cells = table["cell"].combine_chunks().dictionary_encode()
    table = table.set_column(len(SCHEMA) - 1, SCHEMA.field("cell"), cells)
    return table.sort_by([(name, "ascending") for name in _ORDER])


def revisions_in(path: Path, using: Engine | None = None) -> dict[int, int]:
    """Revision → number of its rows in one segment."""
    rows = (using or engine()).rows(f"SELECT revision, count(*) FROM {FactSet((path,)).source()} GROUP BY revision")  # noqa: S608
    return dict(rows)


class Twice(NamedTuple):
    """Figures of one unit and half-year that count more than once, from the same revisions: how many series, and the
    number of the first of them."""

    unit: int
    period: int
    revisions: tuple[int, ...]
    series: int
    measure: int


def counted_twice(facts: FactSet, using: Engine | None = None) -> list[Twice]:
    """Where a unit has more than one figure that counts for a series and half-year. Sums take every figure that counts
    as the unit's one, so each of these is added twice."""
    rows = (using or engine()).rows(
        f"""
        SELECT unit, period, revisions, COUNT(*), MIN(measure) FROM (
            SELECT unit, period, measure, LIST(revision ORDER BY revision) AS revisions
            FROM {facts.source()} {_kept(facts) or "WHERE TRUE"} AND counts
            GROUP BY unit, period, measure HAVING COUNT(*) > 1
        ) GROUP BY unit, period, revisions ORDER BY period, unit, revisions
        """,  # noqa: S608
        empty_facts=EMPTY,
        excluded=_excluded(facts),
    )
    return [Twice(unit, period, tuple(revisions), series, first) for unit, period, revisions, series, first in rows]


def row_hash(facts: FactSet, using: Engine | None = None) -> str:
    """SHA-256 over the canonically sorted rows, column by column: a rebuild from revisions must give the same, however
    the rows lie in segments and whatever wrote them."""
    columns = ", ".join(f"{expression} AS c{number}" for number, expression in enumerate(_HASHED))
    digests = [hashlib.sha256() for _ in _HASHED]
    for batch in (using or engine()).batches(
        f"SELECT {columns} FROM {facts.source()} {_kept(facts)} ORDER BY measure, period, unit, revision, cell",  # noqa: S608
        empty_facts=EMPTY,
        excluded=_excluded(facts),
    ):
        for digest, column in zip(digests, batch.columns, strict=True):
            digest.update(_bytes(column))
    return hashlib.sha256(b"".join(digest.digest() for digest in digests)).hexdigest()


# No column may hold a NULL: what lies under one in memory is anything.
_HASHED = (
    "measure",
    "period",
    "unit",
    "COALESCE(value, 0)",
    "CAST(value IS NULL AS TINYINT)",
    "status",
    "qualifier",
    "COALESCE(cut_off, DATE '0001-01-01')",
    "CAST(counts AS TINYINT)",
    "origin",
    "revision",
    "CAST(cell AS VARCHAR) || chr(10)",
)


def _bytes(column: pa.Array) -> memoryview:
    """The values of a column as they lie in memory, one after another."""
    if not len(column):
        return memoryview(b"")
    if pa.types.is_string(column.type):
        offsets, data = column.buffers()[1:]
        ends = memoryview(offsets).cast("i")
        return memoryview(data)[ends[column.offset] : ends[column.offset + len(column)]]
    width = column.type.byte_width
    return memoryview(column.buffers()[1])[column.offset * width : (column.offset + len(column)) * width]


def _kept(facts: FactSet) -> str:
    return "WHERE revision NOT IN (SELECT revision FROM excluded)" if facts.excluded else ""


def _excluded(facts: FactSet) -> pa.Table:
    return pa.table({"revision": pa.array(sorted(facts.excluded), pa.int32())})
