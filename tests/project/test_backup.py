"""A backup is whole or it is refused; one that is made while the site is written to is the site of one moment (T06)."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

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
    key_make,
    key_read,
)
from tienbo.project.site import Site, site_create

BACKUPS, RESTORES = (100, 20) if PROOF else (4, 2)
SPOILED = 200 if PROOF else 25


def site_made(folder: Path) -> Site:
    site = site_create(path=folder / "kho", name="Kho để thử")
    with closing(sqlite3.connect(site.path / "db.sqlite3")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE said (number INTEGER PRIMARY KEY, sha256 TEXT NOT NULL)")
    return site


def written(site: Site, number: int) -> None:
    """As a return is taken in: the bytes on the disk first, then the row in a transaction of two."""
    sha = FileStore(site.files).put(b"%d" % number)
    with closing(sqlite3.connect(site.path / "db.sqlite3", timeout=30, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO said VALUES (?, ?)", (2 * number, sha))
        database.execute("INSERT INTO said VALUES (?, ?)", (2 * number + 1, sha))
        database.execute("COMMIT")


def rows(folder: Path) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database:
        return database.execute("SELECT number, sha256 FROM said ORDER BY number").fetchall()


def refused(made: Refused) -> str:
    (fault,) = made.faults
    assert fault.sentence()
    return fault.code


@pytest.fixture
def key(tmp_path: Path) -> tuple[str, Path]:
    return key_make(tmp_path / "khoá"), tmp_path / "khoá"


def test_a_backup_while_writing_is_the_site_of_one_moment(tmp_path: Path, key: tuple[str, Path]) -> None:
    site = site_made(tmp_path)
    told, stopping = [0], threading.Event()

    def write() -> None:
        number = 0
        while not stopping.is_set():
            written(site, number)
            number += 1
            told[0] = number  # what was acknowledged

    writer = threading.Thread(target=write)
    writer.start()
    identity = key_read(key[1])
    try:
        for number in range(BACKUPS):
            acknowledged = told[0]
            made = backup_make(site=site, folder=tmp_path / "sao", key=key[0], head="0-0")
            assert made.faults == []
            if number >= RESTORES:
                assert backup_verify(path=made.path, identity=identity).faults == []
                continue
            folder = tmp_path / f"khác{number}"
            backup_restore(path=made.path, identity=identity, folder=folder)
            held = rows(folder)
            assert [one for one, _sha in held] == list(range(len(held)))  # a prefix, and no half of a transaction
            assert len(held) % 2 == 0
            assert len(held) // 2 >= acknowledged
            store = FileStore(folder / "files")
            assert [store.get(sha) for _number, sha in held[::2]] == [b"%d" % one for one in range(len(held) // 2)]
            assert (folder / "tienbo.toml").read_text() == (site.path / "tienbo.toml").read_text()
    finally:
        stopping.set()
        writer.join()
    assert not list(site.path.glob(".backup-*"))  # no copy in the clear is left
    with pytest.raises(Refused) as full:
        backup_restore(path=made.path, identity=identity, folder=tmp_path / "khác0")
    assert refused(full.value) == "backup.not_empty"


def test_a_backup_that_is_spoiled_anywhere_or_for_another_key_is_refused(tmp_path: Path, key: tuple[str, Path]) -> None:
    site, chance = site_made(tmp_path), random.Random(6)  # noqa: S311
    for number in range(5):
        written(site, number)
    FileStore(site.files).put(os.urandom(300_000))
    made = backup_make(site=site, folder=tmp_path / "sao", key=key[0], head="0-0")
    whole, identity = made.path.read_bytes(), key_read(key[1])
    assert b"SQLite format" not in whole
    spoiled = tmp_path / "hỏng.tienbo.age"
    for number in range(SPOILED):
        content = bytearray(whole)
        if number % 2:
            del content[chance.randrange(len(content)) :]
        else:
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        spoiled.write_bytes(content)
        with pytest.raises(Refused) as found:
            backup_restore(path=spoiled, identity=identity, folder=tmp_path / "chỗ-mới")
        assert refused(found.value) in ("backup.damaged", "backup.wrong_key", "backup.member")
        assert not (tmp_path / "chỗ-mới").exists()
    with pytest.raises(Refused) as found:
        backup_verify(path=made.path, identity=key_read_of(key_make(tmp_path / "khác"), tmp_path / "khác"))
    assert refused(found.value) == "backup.wrong_key"


def key_read_of(_public: str, path: Path) -> object:
    return key_read(path)


def test_a_received_file_that_was_damaged_before_is_told_and_the_rest_is_kept(
    tmp_path: Path, key: tuple[str, Path]
) -> None:
    site = site_made(tmp_path)
    written(site, 0)
    sha = rows(site.path)[0][1]
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
