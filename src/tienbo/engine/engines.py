"""Opening an engine: DuckDB in memory, in this process, with fixed threads and memory and no network."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

Of = TypeVar("Of")


@dataclass(frozen=True)
class Limits:
    """What a process may use. The measured nation fits in these."""

    threads: int = 2
    megabytes: int = 4_000


# `sql` parses and binds a text for a relation and again to answer it, which takes longer than to copy a small answer.
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result", category=UserWarning)

_AS_WRITTEN = {"disabled_optimizers": "build_side_probe_side"}
"""Joins keep the side that the text gives them: facts, then what is small. Where all is small, turning them round is
guessed by sizes that nobody knows yet, and what is read on another map took a third longer for it."""


class Engine:
    """One DuckDB connection. Questions are answered one at a time; each sees only the tables it brought. `brief`: the
    answers are small ones."""

    def __init__(self, limits: Limits | None = None, *, brief: bool = False) -> None:
        self.limits = limits = limits or Limits()
        self.brief = brief
        self._lock, self._opening = threading.Lock(), threading.Lock()
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "threads": limits.threads,
                "memory_limit": f"{limits.megabytes}MB",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "preserve_insertion_order": "false",
                **(_AS_WRITTEN if brief else {}),
            },
        )
        self._connection.execute("SET parquet_metadata_cache = true")  # a segment is never written again

    @cached_property
    def _lanes(self) -> tuple[Engine, ...]:
        """One engine for each thread, with its part of the memory, for the texts of large questions."""
        return self._parted(brief=False)

    @cached_property
    def _footpaths(self) -> SimpleQueue[Engine]:
        """The same for small questions, so that none of them waits until a large one is through. Only those that are
        free lie in it."""
        free: SimpleQueue[Engine] = SimpleQueue()
        for one in self._parted(brief=True):
            free.put(one)
        return free

    def _parted(self, *, brief: bool) -> tuple[Engine, ...]:
        count = self.limits.threads
        part = Limits(threads=1, megabytes=self.limits.megabytes // count)
        return tuple(Engine(part, brief=brief) for _ in range(count)) if count > 1 else (self,)

    def side_by_side(self, works: Sequence[Callable[[Engine], Of]]) -> list[Of]:
        """Several pieces of work, each on a thread and an engine of its own: two texts on a thread each take two thirds
        of the time that they take one after the other on two threads, which wait for one another."""
        lanes: SimpleQueue[Engine] = SimpleQueue()
        for lane in self._lanes:
            lanes.put(lane)
        return self._shared(works, lanes)

    def aside(self, works: Sequence[Callable[[Engine], Of]]) -> list[Of]:
        """The same for small pieces of work, whose texts take longer to plan than to answer, and one thread plans: a
        single one is answered a tenth sooner on an engine of one thread than on one of two."""
        with self._opening:
            free = self._footpaths
        return self._shared(works, free)

    def _shared(self, works: Sequence[Callable[[Engine], Of]], free: SimpleQueue[Engine]) -> list[Of]:
        def run(work: Callable[[Engine], Of]) -> Of:
            lane = free.get()
            try:
                return work(lane)
            finally:
                free.put(lane)

        if len(works) == 1:
            return [run(works[0])]
        with ThreadPoolExecutor(min(len(works), self.limits.threads)) as threads:
            return list(threads.map(run, works))

    @contextmanager
    def tables(self, **tables: pa.Table) -> Iterator[duckdb.DuckDBPyConnection]:
        """The connection with these Arrow tables registered by name for the length of the block."""
        with self._lock:
            for name, table in tables.items():
                self._connection.register(name, table)
            try:
                yield self._connection
            finally:
                for name in tables:
                    self._connection.unregister(name)

    def arrow(self, sql: str, **tables: pa.Table) -> pa.Table:
        """Run one SELECT and return its rows as Arrow. Tables that it does not name are left out: to register one
        takes as long as to read it."""
        with self.tables(**{name: table for name, table in tables.items() if name in sql}) as connection:
            if not self.brief:
                return connection.sql(sql).to_arrow_table()
            try:
                return connection.execute(sql).to_arrow_table()
            except BaseException:
                connection.abort()  # or nothing more could be asked of it
                raise

    def batches(self, sql: str, **tables: pa.Table) -> Iterator[pa.RecordBatch]:
        """Run one SELECT and yield its rows as they come."""
        with self.tables(**tables) as connection:
            yield from connection.sql(sql).to_arrow_reader(1 << 17)

    def rows(self, sql: str, **tables: pa.Table) -> list[tuple[Any, ...]]:
        with self.tables(**tables) as connection:
            return connection.execute(sql).fetchall()

    def execute(self, sql: str, **tables: pa.Table) -> None:
        with self.tables(**tables) as connection:
            connection.execute(sql)


_engine: Engine | None = None
_opening = threading.Lock()


def engine() -> Engine:
    """This process's engine, opened at the first question."""
    global _engine  # noqa: PLW0603 - one connection a process is the point
    with _opening:
        if _engine is None:
            _engine = Engine()
        return _engine


def literal(path: Path) -> str:
    """A path as a SQL string."""
    return "'" + str(path).replace("'", "''") + "'"
