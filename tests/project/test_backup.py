"""A backup is whole or it is refused; one that is made while the site is written to is the site of one moment (T06)."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import PROOF

from tienbo.core.faults import Refused
from tienbo.ground.files import FileStore
from tienbo.project.backup import (
    Backup,
    backup_make,
    backup_open,
    backup_restore,
    backup_verify,
    database_refuse_full,
    key_make,
    key_read,
)
from tienbo.project.site import Site, site_create, site_open

BACKUPS, RESTORES = (100, 20) if PROOF else (4, 2)
SPOILED = 200 if PROOF else 25
KEPT = int(os.environ.get("TIENBO_KEPT_MB", "16" if PROOF else "2"))
"""Megabytes that stand in the database beforehand, so that a copy of it takes long enough to be written into."""
MOST = 1_000
"""Files after which the site is emptied before the next backup. Each takes in what was committed while the one before
was made, and takes the longer: each then has more to take in, without an end."""
PATIENCE = 60


def site_made(folder: Path, database: str = "", kept: int = 0) -> Site:
    site = site_create(path=folder / "kho", name="Kho để thử", database=database)
    with Said(site) as said:
        if not database:
            said.run("PRAGMA journal_mode=WAL")
        said.run("CREATE TABLE said (number INTEGER PRIMARY KEY, sha256 TEXT NOT NULL)")
        said.run(f"CREATE TABLE kept (content {'BYTEA' if database else 'BLOB'} NOT NULL)")
        for _ in range(kept):
            said.run(f"INSERT INTO kept VALUES ({said.place})", os.urandom(2**20))
    return site


class Said:
    """A connection to a site's database that commits each statement by itself, on either engine."""

    def __init__(self, site: Site) -> None:
        self.site, self.place = site, "%s" if site.database else "?"

    def __enter__(self) -> Said:
        if self.site.database:
            import psycopg

            self.held: Any = psycopg.connect(self.site.database, autocommit=True)
        else:
            self.held = sqlite3.connect(self.site.path / "db.sqlite3", timeout=30, isolation_level=None)
        return self

    def __exit__(self, *_broken: object) -> None:
        self.held.close()

    def run(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        cursor = self.held.execute(sql, values)
        return list(cursor.fetchall()) if cursor.description else []


def written(site: Site, said: Said, number: int) -> None:
    """As a return is taken in: the bytes on the disk first, then the row in a transaction of two."""
    sha = FileStore(site.files).put(b"%d" % number)
    said.run("BEGIN" if site.database else "BEGIN IMMEDIATE")
    for one in (2 * number, 2 * number + 1):
        said.run(f"INSERT INTO said VALUES ({said.place}, {said.place})", one, sha)
    said.run("COMMIT")


def rows(site: Site) -> list[tuple[Any, ...]]:
    with Said(site) as said:
        return said.run("SELECT number, sha256 FROM said ORDER BY number")


def refused(made: Refused) -> str:
    (fault,) = made.faults
    assert fault.sentence()
    return fault.code


@pytest.fixture
def key(tmp_path: Path) -> tuple[str, Path]:
    return key_make(tmp_path / "khoá"), tmp_path / "khoá"


@pytest.mark.database
def test_a_backup_while_writing_is_the_site_of_one_moment(
    tmp_path: Path, key: tuple[str, Path], new_database: Callable[[], str]
) -> None:
    """The writer commits without a pause for as long as a backup is being made, and rests while it is looked at: what
    is committed then makes the next ones larger and tells nothing of this one."""
    site = site_made(tmp_path, new_database(), KEPT)
    told, writing, stopping = [0], threading.Event(), threading.Event()

    def write() -> None:
        with Said(site) as said:
            while writing.wait() and not stopping.is_set():
                written(site, said, told[0])
                told[0] += 1  # what was acknowledged

    writer = threading.Thread(target=write)
    writer.start()
    identity, beside = key_read(key[1]), []
    try:
        for number in range(BACKUPS):
            if told[0] > MOST:
                with Said(site) as said:
                    said.run("DELETE FROM said")
                shutil.rmtree(site.files)
                told[0] = 0
            begun, end = told[0], time.monotonic() + PATIENCE
            writing.set()
            while told[0] == begun:
                assert time.monotonic() < end, "the writer does not go on"
                time.sleep(0.001)
            acknowledged = told[0]
            made = backup_make(site=site, folder=tmp_path / "sao", key=key[0], head="0-0")
            beside.append(told[0] - acknowledged)
            writing.clear()
            assert made.faults == []
            if number >= RESTORES:
                assert backup_verify(path=made.path, identity=identity).faults == []
                made.path.unlink()
                continue
            folder = tmp_path / f"khác{number}"
            backup_restore(path=made.path, identity=identity, folder=folder, database=new_database())
            held = rows(site_open(folder))
            assert [one for one, _sha in held] == list(range(len(held)))  # a prefix, and no half of a transaction
            assert len(held) % 2 == 0
            assert len(held) // 2 >= acknowledged
            store = FileStore(folder / "files")
            assert [store.get(sha) for _number, sha in held[::2]] == [b"%d" % one for one in range(len(held) // 2)]
            assert replace(site_open(folder), path=site.path, database=site.database) == site_open(site.path)
    finally:
        stopping.set()
        writing.set()
        writer.join()
    assert all(beside), beside  # neither waits for the other: something was committed while each was made
    assert not list(site.path.glob(".backup-*"))  # no copy in the clear is left
    with pytest.raises(Refused) as full:
        backup_restore(path=made.path, identity=identity, folder=tmp_path / "khác0")
    assert refused(full.value) == "backup.not_empty"


@pytest.mark.database
def test_a_backup_that_is_spoiled_anywhere_or_for_another_key_is_refused(
    tmp_path: Path, key: tuple[str, Path], new_database: Callable[[], str]
) -> None:
    site, chance = site_made(tmp_path, new_database()), random.Random(6)  # noqa: S311
    with Said(site) as said:
        for number in range(5):
            written(site, said, number)
    FileStore(site.files).put(os.urandom(300_000))
    made = backup_make(site=site, folder=tmp_path / "sao", key=key[0], head="0-0")
    whole, identity, empty = made.path.read_bytes(), key_read(key[1]), new_database()
    assert b"SQLite format" not in whole
    assert b"PGDMP" not in whole
    spoiled = tmp_path / "hỏng.tienbo.age"
    for number in range(SPOILED):
        content = bytearray(whole)
        if number % 2:
            del content[chance.randrange(len(content)) :]
        else:
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        spoiled.write_bytes(content)
        with pytest.raises(Refused) as found:
            backup_restore(path=spoiled, identity=identity, folder=tmp_path / "chỗ-mới", database=empty)
        assert refused(found.value) in ("backup.damaged", "backup.wrong_key", "backup.member")
        assert not (tmp_path / "chỗ-mới").exists()
    if empty:
        database_refuse_full(empty)  # nothing of them reached it
    with pytest.raises(Refused) as found:
        backup_verify(path=made.path, identity=key_read_of(key_make(tmp_path / "khác"), tmp_path / "khác"))
    assert refused(found.value) == "backup.wrong_key"


def key_read_of(_public: str, path: Path) -> object:
    return key_read(path)


def test_a_received_file_that_was_damaged_before_is_told_and_the_rest_is_kept(
    tmp_path: Path, key: tuple[str, Path]
) -> None:
    site = site_made(tmp_path)
    with Said(site) as said:
        written(site, said, 0)
    sha = rows(site)[0][1]
    damaged = site.files / sha[:2] / sha
    damaged.chmod(0o640)
    damaged.write_bytes(b"x")
    made: Backup = backup_make(site=site, folder=tmp_path / "sao", key=key[0], head="0-0")
    assert [(fault.code, fault.place) for fault in made.faults] == [("backup.file_damaged", f"files/{sha[:2]}/{sha}")]
    opened = backup_open(path=made.path, identity=key_read(key[1]), into=tmp_path / "mở")
    assert opened.members == made.members == 3
    (tmp_path / "mở" / "db.sqlite3").write_bytes(b"not a database")


def test_a_key_is_never_overwritten_and_a_passphrase_locks_its_file(tmp_path: Path) -> None:
    path = tmp_path / "khoá"
    public = key_make(path, "một câu dài để nhớ")
    assert public not in path.read_text(errors="replace")
    assert path.stat().st_mode & 0o077 == 0
    assert str(key_read(path, "một câu dài để nhớ").to_public()) == public
    if PROOF:  # each try takes a second of a processor, as it should
        with pytest.raises(Refused) as wrong:
            key_read(path, "câu khác")
        assert refused(wrong.value) == "backup.bad_key_file"
    with pytest.raises(Refused) as there:
        key_make(path)
    assert refused(there.value) == "backup.key_exists"
    site = site_made(tmp_path)
    for key, code in (("", "backup.no_key"), ("age1khong", "backup.bad_key")):
        with pytest.raises(Refused) as none:
            backup_make(site=site, folder=tmp_path / "sao", key=key, head="")
        assert refused(none.value) == code
    assert not list((tmp_path / "sao").glob("*")) if (tmp_path / "sao").exists() else True
