"""Finding every copy of a phrase or a file in a site, and taking it out: database, files, what waits, what was written.

A phrase is looked for as it is typed, decomposed, folded as search keeps it, and as JSON spells it once and twice. In
the database it becomes `MARKER`, never longer than it was, in every row that has it, its history too; triggers stand
aside for that transaction alone, and what the events of the journal hash to since is kept beside them.
"""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from django.db import connection
from pypdf import PdfReader

from tienbo.core.words import fold
from tienbo.ground.history import TABLE
from tienbo.ground.journal import ROW, row_bytes
from tienbo.ground.verify import Purged
from tienbo.protection.models import JournalPurge, Spill, SpillRecord

MARKER = "[purged]"
SHORTEST = len(MARKER)
"""A phrase is no shorter: what it is replaced by fits, and it is none that stands everywhere."""
INFLATED = 200 * 2**20
OF_OURS = "protection_spill"
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_TAG = re.compile(r"<[^>]*>")


class Copy(NamedTuple):
    """Where something stands: a table's row and column, or a file."""

    where: str
    place: str
    times: int = 1


def spellings(phrase: str) -> tuple[str, ...]:
    """Every way a phrase stands in texts of ours, the longest first."""
    plain = unicodedata.normalize("NFC", phrase)
    found = {plain, unicodedata.normalize("NFD", phrase), fold(plain)}
    for _depth in range(2):
        found |= {json.dumps(one, ensure_ascii=ascii_)[1:-1] for one in tuple(found) for ascii_ in (False, True)}
    return tuple(sorted(found, key=lambda one: (-len(one), one)))


# ----------------------------------------------------------------------------------------------------------- database


def columns() -> Iterator[tuple[str, str, str]]:
    """(table, column, its type) of everything that can hold a text."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT table_name, column_name, data_type FROM information_schema.columns "
                "JOIN information_schema.tables USING (table_schema, table_name) "
                "WHERE table_schema = 'public' AND table_type = 'BASE TABLE' "
                "AND data_type IN ('text', 'character varying', 'json', 'jsonb') ORDER BY 1, 2"
            )
            yield from cursor.fetchall()
            return
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f'PRAGMA table_info("{table}")')
            for _number, name, kind, *_rest in cursor.fetchall():
                if not kind.lower().startswith(("integer", "bigint", "bool", "real", "smallint", "date")):
                    yield table, name, "text"


def _has(column: str) -> str:
    if connection.vendor == "postgresql":
        return f'position(%s in "{column}"::text) > 0'
    return f'instr("{column}", %s) > 0'


def rows_with(texts: Collection[str]) -> Iterator[Copy]:
    """Rows of every table that hold one of the texts. Those that say so of themselves (spills) are left out."""
    row = "id" if connection.vendor == "postgresql" else "rowid"
    for table, column, _kind in columns():
        if table.startswith(OF_OURS):
            continue
        where = " OR ".join([_has(column)] * len(texts))
        name = row if connection.vendor == "sqlite" or _has_id(table) else "ctid"
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT {name} FROM "{table}" WHERE {where} ORDER BY 1', list(texts))  # noqa: S608
            yield from (Copy("row", f"{table}.{column}#{number}") for (number,) in cursor.fetchall())


def _has_id(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s "
            "AND column_name = 'id'",
            [table],
        )
        return cursor.fetchone() is not None


def rows_purge(texts: Sequence[str], spill: Spill) -> list[int]:
    """Replace the texts in every row, in the transaction under way; returns the events of the journal whose rows of
    history are others since. Everything must have been sealed before."""
    changed = []
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")
    with connection.cursor() as cursor:
        where = " OR ".join([*[_has("before")] * len(texts), *[_has("after")] * len(texts)])
        cursor.execute(
            f"SELECT DISTINCT event FROM {TABLE} WHERE event IS NOT NULL AND ({where}) ORDER BY 1",  # noqa: S608
            [*texts, *texts],
        )
        events = [event for (event,) in cursor.fetchall()]
    for table, column, kind in list(columns()):
        if table.startswith(OF_OURS):
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE {" OR ".join([_has(column)] * len(texts))}',  # noqa: S608
                list(texts),
            )
            if cursor.fetchone()[0]:
                changed.append((table, column, kind))
    for table in dict.fromkeys(table for table, _column, _kind in changed):
        with triggers_aside(table), connection.cursor() as cursor:
            for at, column, kind in changed:
                if at != table:
                    continue
                held = f'"{column}"::text' if connection.vendor == "postgresql" else f'"{column}"'
                cast = f"::{kind}" if connection.vendor == "postgresql" else ""
                for text in texts:
                    cursor.execute(
                        f'UPDATE "{table}" SET "{column}" = replace({held}, %s, %s){cast} '  # noqa: S608
                        f"WHERE {_has(column)}",
                        [text, MARKER, text],
                    )
    JournalPurge.objects.bulk_create(
        JournalPurge(spill=spill, event=event, digest=history_digest(event)) for event in events
    )
    return events


@contextmanager
def triggers_aside(table: str) -> Iterator[None]:
    """A table without its laws and its history, for what may not be remembered; they stand again afterwards, as they
    did."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
            yield
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        stood = cursor.fetchall()
        for name, _sql in stood:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for _name, sql in stood:
            cursor.execute(sql.replace("%", "%%"))


def history_digest(event: int) -> str:
    """What an event's rows of history hash to as they stand."""
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {ROW} FROM {TABLE} WHERE event = %s ORDER BY id", [event])  # noqa: S608
        for row in cursor:
            digest.update(row_bytes(row))
    return digest.hexdigest()


def database_compact() -> None:
    """Give back what rows of before left on the disk; outside of any transaction."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        for table in sorted({table for table, _column, _kind in columns()}):
            cursor.execute(f'VACUUM (FULL) "{table}"')


def purges_mark(purges: Iterable[JournalPurge]) -> str:
    """What a record signs of purges beside it, in the order in which they were kept: none can be added, taken away or
    made another's without it."""
    said = [[one.event, one.digest, one.hash] for one in purges]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def purged_events(retentions: Collection[int] = (), spills: Collection[int] = ()) -> dict[int, Purged]:
    """Event → what it hashes to since content went from it last. What records of retention and spills (row ids) that
    are unsound say of it does not count."""
    found: dict[int, Purged] = {}
    rows = JournalPurge.objects.exclude(retention__in=retentions).exclude(spill__in=spills).order_by("pk")
    for event, digest, own in rows.values_list("event", "digest", "hash"):
        found[event] = Purged(digest, own or (found[event].hash if event in found else ""))
    return found


def purged_files() -> frozenset[str]:
    """Hashes of files that were taken out."""
    return frozenset(mark for files in Spill.objects.values_list("files", flat=True) for mark in files)


def purged_rows(table: str) -> frozenset[int]:
    """Rows of a table that were purged."""
    held = SpillRecord.objects.filter(act=SpillRecord.Act.PURGED).values_list("copies", flat=True)
    places = (one["place"] for copies in held for one in copies if one["where"] == "row")
    return frozenset(int(place.rpartition("#")[2]) for place in places if place.startswith(f"{table}."))


# -------------------------------------------------------------------------------------------------------------- files


def files_with(folders: Iterable[Path], texts: Collection[str], marks: Collection[str]) -> Iterator[tuple[Path, int]]:
    """Files that hold one of the texts, or are one of the files (by hash), and how often."""
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if not path.is_file() or path.is_symlink():
                continue
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() in marks:
                yield path, 1
            elif times := _times(content, texts):
                yield path, times


def _times(content: bytes, texts: Collection[str], depth: int = 0) -> int:
    """How often a file's bytes hold one of the texts: as they are, in the members of an archive, in a PDF's words."""
    needles = {text.encode(code) for text in texts for code in ("utf-8", "utf-16-le")}
    found = sum(content.count(needle) for needle in needles)
    if not texts:
        return 0
    if content[:2] == b"PK" and depth < 3:
        with (
            suppress(zipfile.BadZipFile, OSError, RuntimeError, EOFError),
            zipfile.ZipFile(io.BytesIO(content)) as held,
        ):
            if sum(one.file_size for one in held.infolist()) <= INFLATED:
                found += sum(_times(held.read(name), texts, depth + 1) for name in held.namelist())
    elif content[:4] == b"%PDF":
        with suppress(Exception):  # a file that no reader reads is looked at as bytes alone
            words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
            found += _in_words(words, texts)
    elif depth and content.lstrip()[:1] == b"<":
        found += _in_words(html.unescape(_TAG.sub("", content.decode(errors="replace"))), texts) if not found else 0
    return found


def _in_words(words: str, texts: Collection[str]) -> int:
    """In a text whose lines may break anywhere."""
    flat = re.sub(r"\s+", " ", words)
    return sum(flat.count(re.sub(r"\s+", " ", text)) for text in texts)


def marks_beside(marks: Collection[str]) -> set[str]:
    """Hashes of pictures that were drawn of files: they stand in one row with them."""
    found: set[str] = set()
    tables = {table for table, column, _kind in columns() if column == "pictures"}
    for table in tables:
        with connection.cursor() as cursor:
            for mark in marks:
                cursor.execute(f'SELECT pictures FROM "{table}" WHERE sha256 = %s', [mark])  # noqa: S608
                for (pictures,) in cursor.fetchall():
                    found |= set(_HASH.findall(json.dumps(pictures)))
    return found
