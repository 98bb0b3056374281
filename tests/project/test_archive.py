"""A site on PostgreSQL is put back to a moment: what was committed before it and nothing after (T07)."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from tests.conftest import PROOF
from tests.journeys.disk_full import fill

from tienbo.core.faults import Refused
from tienbo.ground.files import FileStore
from tienbo.ground.troubles import trouble
from tienbo.project.archive import Archive, archive_restore, archive_unkept, bases, reaches
from tienbo.project.backup import key_make, key_read
from tienbo.project.site import Site, site_create

MOMENTS = 30 if PROOF else 2
SERVER = os.environ.get("TIENBO_DATABASE", "")

pytestmark = [
    pytest.mark.database,
    pytest.mark.skipif(not SERVER, reason="SQLite has no archive: run by scripts/test-postgresql"),
]


def named(name: str) -> str:
    return urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))


@pytest.fixture
def databases() -> Iterator[tuple[str, str]]:
    """An address to write to, and one that is made anew for each restore."""
    names = [f"archive_{os.getpid()}_{number}" for number in range(2)]
    with psycopg.connect(SERVER, autocommit=True) as connection:
        for name in names:
            connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield named(names[0]), named(names[1])
        finally:
            for name in names:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE 'tienbo_%'"
            )


class Writer(threading.Thread):
    """Commits a numbered row, and the bytes it names before it, as fast as it may; remembers between which two moments
    of the server each was committed."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site, self.stopping = site, threading.Event()
        self.told: list[tuple[datetime, datetime]] = []

    def run(self) -> None:
        store = FileStore(self.site.files)
        with psycopg.connect(self.site.database, autocommit=True) as connection:

            def now() -> datetime:
                row = connection.execute("SELECT clock_timestamp()").fetchone()
                assert row is not None
                moment: datetime = row[0]
                return moment

            while not self.stopping.is_set():
                number = len(self.told)
                sha = store.put(b"%d" % number)
                before = now()
                with connection.transaction():
                    connection.execute("INSERT INTO said VALUES (%s, %s)", (2 * number, sha))
                    connection.execute("INSERT INTO said VALUES (%s, %s)", (2 * number + 1, sha))
                self.told.append((before, now()))
                time.sleep(0.002)


def test_a_site_is_put_back_to_a_moment(tmp_path: Path, databases: tuple[str, str]) -> None:
    address, empty = databases
    made = site_create(path=tmp_path / "kho", name="Kho để thử", database=address)
    site = replace(made, archive=str(tmp_path / "lưu trữ"), backup_key=key_make(tmp_path / "khoá"))
    site.save()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE TABLE said (number integer PRIMARY KEY, sha256 text NOT NULL)")
    identity, folder = key_read(tmp_path / "khoá"), Path(site.archive)
    archive, writer = Archive(site), Writer(site)
    writer.start()
    try:
        archive.turn()
        for _ in range(4):
            time.sleep(1)
            archive.turn()
    finally:
        writer.stopping.set()
        writer.join()
    quiet = datetime.now(UTC)
    archive.turn()
    archive.close()
    until = reaches(folder)
    assert until is not None
    assert until >= quiet
    assert not [path for path in site.path.glob(".log/*") if not path.name.endswith(".partial")]

    chance, begins = random.Random(7), bases(folder)[-1].ended + timedelta(seconds=1)  # noqa: S311
    span = (writer.told[-1][1] - begins).total_seconds()
    assert span > 1, "too little was written after the base"
    moments = [begins + timedelta(seconds=span * chance.random()) for _ in range(MOMENTS - 1)]
    for number, moment in enumerate([*moments, until]):  # the last: nothing was committed any more
        place = tmp_path / f"lại {number}"
        archive_restore(archive=folder, identity=identity, folder=place, database=empty, at=moment)
        with psycopg.connect(empty, autocommit=True) as connection:
            rows = connection.execute("SELECT number, sha256 FROM said ORDER BY number").fetchall()
            connection.execute("DROP TABLE said")
        assert [row[0] for row in rows] == list(range(len(rows)))  # a prefix, and no half of a transaction
        assert len(rows) % 2 == 0
        surely = sum(after <= moment for _before, after in writer.told)
        perhaps = sum(before <= moment for before, _after in writer.told)
        assert surely <= len(rows) // 2 <= perhaps, (number, surely, len(rows) // 2, perhaps)
        assert perhaps - surely <= 1
        store = FileStore(place / "files")
        for count, sha in rows[::2]:
            assert store.get(sha) == b"%d" % (count // 2)
    _refused(folder, identity, tmp_path, empty, until, begins)


@pytest.mark.proof
@pytest.mark.parametrize("full", ["the archive's", "the site's"])
def test_an_archive_on_a_full_disk_tells_why_and_goes_on_with_nothing_lost(
    full: str, tmp_path: Path, databases: tuple[str, str], small_disk: Path | None
) -> None:
    """On the site's disk the log arrives; on the archive's it is put away."""
    if small_disk is None:
        pytest.skip("only root mounts a small disk: a full one was not tried")
    address, empty = databases
    places = {"the archive's": tmp_path / "kho", "the site's": small_disk / "kho"}
    made = site_create(path=places[full], name="Kho để thử", database=address)
    folder = small_disk / "lưu trữ" if full == "the archive's" else tmp_path / "lưu trữ"
    site = replace(made, archive=str(folder), backup_key=key_make(tmp_path / "khoá"))
    site.save()
    archive, written = Archive(site), 0
    codes: list[str] = []
    said: list[str] = []
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE TABLE said (number integer PRIMARY KEY, content bytea NOT NULL)")

        def write() -> None:
            nonlocal written
            connection.execute("INSERT INTO said VALUES (%s, %s)", (written, os.urandom(2**20)))
            written += 1

        try:
            write()
            archive.turn()
            until = reaches(folder)
            assert until is not None
            assert not list(archive_unkept(site))
            fill(small_disk / "ballast")
            # Some room is left: a segment of the log is begun in it, and does not find as much as it takes.
            os.truncate(small_disk / "ballast", (small_disk / "ballast").stat().st_size - 5 * 2**20)
            for _ in range(40):  # the receiver has room of before, for as long as its segment is
                write()
                try:
                    archive.turn()
                except (Refused, OSError) as failed:
                    faults = failed.faults if isinstance(failed, Refused) else [trouble(failed)]
                    codes += [fault.code for fault in faults]
                    said += [fault.sentence() for fault in faults]
                    if len(codes) > 2:
                        break
            assert len(codes) > 2, "the disk was never full"
            reached = reaches(folder)
            assert reached is not None
            (small_disk / "ballast").unlink()
            for _ in range(3):
                write()
            _until_kept(archive)
            assert (reaches(folder) or until) > reached
        finally:
            archive.close()
    assert set(codes) == {"trouble.file" if full == "the archive's" else "archive.no_receiver"}, (codes, said)
    assert all("No space left" in one or (one.startswith(str(folder)) and "hết chỗ trống" in one) for one in said), said
    identity = key_read(tmp_path / "khoá")
    for number, at in enumerate((reached, None)):  # what it had while it was full, and all there is
        archive_restore(archive=folder, identity=identity, folder=tmp_path / f"lại{number}", database=empty, at=at)
        with psycopg.connect(empty, autocommit=True) as connection:
            rows = connection.execute("SELECT number FROM said ORDER BY number").fetchall()
            connection.execute("DROP TABLE said")
        assert [row[0] for row in rows] == list(range(len(rows)))
        assert len(rows) >= 1
    assert len(rows) == written
    unkept = replace(site, archive=str(tmp_path / "never"))
    assert [one.code for one in archive_unkept(unkept)] == ["archive.not_kept"]


def _until_kept(archive: Archive) -> None:
    """By itself, within a few looks: the receiver that ended is started by the next."""
    for _ in range(3):
        with suppress(Refused):
            archive.turn()
            return
    archive.turn()


def _refused(folder: Path, identity: object, tmp_path: Path, empty: str, until: datetime, begins: datetime) -> None:
    """What cannot be done is told before anything is begun."""
    key_make(tmp_path / "khác")
    for fault, key, at in (
        ("archive.not_reached", identity, until + timedelta(hours=1)),
        ("archive.no_base", identity, begins - timedelta(days=1)),
        ("backup.wrong_key", key_read(tmp_path / "khác"), until),
    ):
        with pytest.raises(Refused) as told:
            archive_restore(archive=folder, identity=key, folder=tmp_path / "không", database=empty, at=at)
        assert [one.code for one in told.value.faults] == [fault]
        assert not (tmp_path / "không").exists()
    whole = [path for path in sorted((folder / "log").iterdir()) if ".partial" not in path.name]
    if len(whole) > 2:
        whole[1].rename(tmp_path / "away")
        with pytest.raises(Refused) as told:
            archive_restore(archive=folder, identity=identity, folder=tmp_path / "không", database=empty)
        assert told.value.faults[0].code == "archive.gap"
