"""A site's archive: what its PostgreSQL wrote, moment by moment, so that it can be put back to any of them.

base/    the whole server as it was when the name says, once a week: BASE-SEGMENT.tar.gz.age
log/     the write-ahead log since, a segment a file; of the one being written what there is: SEGMENT.partial.gz.age
files/   every file received, under its hash; staging/ what waits to be taken in
settings.age  the site's settings               until   up to when it is whole

All of it is encrypted to the site's backup key. Files go before the log that names them: at any moment an archive has
the files of whatever it can put back. A site is restored from it into an empty folder and an empty database, by a
server of its own that runs for the minutes this takes; the one that is in use, and what else it holds, is not touched.
"""

from __future__ import annotations

import gzip
import logging
import os
import pwd
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit, urlunsplit

import pyrage

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.ground.troubles import trouble
from tienbo.project.backup import (
    DUMP,
    STEP,
    database_named,
    database_refuse_full,
    decrypted,
    encrypted,
    folder_sync,
    program_environment,
    program_path,
    program_run,
    recipient_of,
)
from tienbo.project.site import Site, site_open

BASE, LOG, SETTINGS, UNTIL = "base", "log", "settings.age", "until"
TREES = ("staging", "files")
RECEIVING = ".log"
"""The folder of a site in which the log arrives, in the clear, until it is put away."""
PACE = 20.0
"""Seconds between two looks: what is lost with the machine is what it did since the last, and a little more."""
LAG = 10.0
"""Seconds to wait for what the server wrote to arrive."""
PAGE, HEADS = 8192, (24, 40)
"""Bytes of a page of the log, and of what stands at its head."""
BEHIND = timedelta(minutes=15)
"""So long without a look that came to its end is told by `tienbo check`: a base that is made takes less."""
BASE_EVERY = timedelta(days=7)
_SEGMENT = re.compile(r"^[0-9A-F]{24}(\.partial)?$|^[0-9A-F]{8}\.history$")
_MOMENT = "%Y%m%dT%H%M%SZ"

_log = logging.getLogger("django.tienbo.archive")

worded(
    {
        "archive.no_folder": N_("No folder was named for the archive: archive in tienbo.toml."),
        "archive.only_postgresql": N_("Only a site on PostgreSQL has an archive. One on SQLite is backed up."),
        "archive.no_base": N_("The archive {path} has no base that was finished before {moment}."),
        "archive.not_reached": N_(
            "The archive ends before {moment}: it reaches to {until}. Without --at it is restored to its end."
        ),
        "archive.behind": N_("What the server wrote did not arrive within {seconds} seconds."),
        "archive.not_recovered": N_("The log of the archive could not be read to its end: {reason}"),
        "archive.no_server": N_(
            "The programs of PostgreSQL {version} are not on this machine. "
            "On Debian: apt-get install postgresql-{version}"
        ),
        "archive.gap": N_("The log of the archive has a hole: after {before} comes {after}."),
        "archive.no_receiver": N_("The log of the server cannot be received: {reason}"),
        "archive.not_kept": N_(
            "The archive has nothing since {until}: it is not kept. Why stands in the log of the worker, or is told by "
            "tienbo archive --once"
        ),
    }
)


def _named(path: Path) -> str:
    """A segment's name, without what encrypting added."""
    return path.name.removesuffix(".age").removesuffix(".gz")


@dataclass(frozen=True)
class Base:
    path: Path
    ended: datetime
    segment: str
    """The first that is needed to put it back."""


def bases(archive: Path) -> list[Base]:
    """The bases of an archive, the oldest first."""
    found = []
    for path in sorted((archive / BASE).glob("*.tar.gz.age")):
        moment, _dash, segment = path.name.removesuffix(".tar.gz.age").partition("-")
        found.append(Base(path, datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC), segment))
    return found


def _end(place: str) -> str:
    """Where what was written ends, of the place in the log where the next will be written: not behind the head of a
    page that has nothing on it yet."""
    high, _slash, low = place.partition("/")
    number = int(low, 16)
    return f"{high}/{number - number % PAGE if number % PAGE in HEADS else number:X}"


def reaches(archive: Path) -> datetime | None:
    """Up to when an archive has everything; None before it was whole once."""
    try:
        return datetime.fromisoformat((archive / UNTIL).read_text().strip())
    except (FileNotFoundError, ValueError):
        return None


def archive_unkept(site: Site) -> Iterator[Fault]:
    """Whether the archive of a site that has one is long behind."""
    if site.archive and site.database:
        until = reaches(Path(site.archive))
        if until is None or datetime.now(UTC) - until > BEHIND:
            said = f"{until:%Y-%m-%d %H:%M} UTC" if until else "–"
            yield Fault("archive.not_kept", site.archive, {"until": said})


# ---------------------------------------------------------------------------------------------------------- keeping


@dataclass
class Archive:
    """Keeps a site's archive: `turn` is one look. `close` ends the receiver."""

    site: Site
    pace: float = PACE
    _receiver: subprocess.Popen[str] | None = None
    _seen: dict[str, str] = field(default_factory=dict)
    """Partial segment → what of it was put away."""

    def __post_init__(self) -> None:
        if not self.site.database:
            raise Refused(Fault("archive.only_postgresql"))
        if not self.site.archive:
            raise Refused(Fault("archive.no_folder"))
        self.folder, self.received = Path(self.site.archive), self.site.path / RECEIVING
        self.recipient = recipient_of(self.site.backup_key)
        self.slot = "tienbo_" + sha256(self.site.secret_key.encode()).hexdigest()[:12]

    def run(self, stopping: Callable[[float], object]) -> None:
        """Until `stopping` (which waits so many seconds) says so."""
        try:
            while True:
                began = time.monotonic()
                try:
                    self.turn()
                except Refused as refused:
                    _log.error("the archive could not be kept: %s", " ".join(one.sentence() for one in refused.faults))
                except Exception as broken:
                    _log.error("the archive could not be kept: %s", trouble(broken).sentence())
                if stopping(max(1.0, self.pace - (time.monotonic() - began))):
                    return
        finally:
            self.close()

    def turn(self) -> None:
        """See that the log arrives, put away what there is, and make a base where it is time."""
        try:
            self.receive()
            self.put_away()
            held = bases(self.folder)
            if not held or datetime.now(UTC) - held[-1].ended > BASE_EVERY:
                self.base_make()
                self.put_away()
                self.prune()
        except OSError as failed:
            failed.filename = failed.filename or str(self.folder)  # what is written names no file
            raise

    def receive(self) -> None:
        """Start the receiver where it does not run. It takes up where it was left: the server keeps what it has not
        received yet (a slot)."""
        if self._receiver is not None and self._receiver.poll() is None:
            return
        self.close()
        self.received.mkdir(mode=0o700, exist_ok=True)
        program, environment = program_path("pg_receivewal"), program_environment(self.site.database)
        words = [program, "--directory", str(self.received), "--slot", self.slot, "--no-password"]
        self._whole_or_none()
        make = [*words, "--create-slot", "--if-not-exists"]
        done = subprocess.run(make, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise Refused(Fault("archive.no_receiver", "", {"reason": done.stderr.strip()[-400:]}))
        self._receiver = subprocess.Popen(  # noqa: S603
            [*words, "--synchronous", "--no-loop"], env=environment, stderr=subprocess.PIPE, text=True
        )

    def _whole_or_none(self) -> None:
        """Take away a segment that is not as long as one is. The receiver makes it as long before a byte of the log is
        in it; where the disk had no room for that it leaves it short, and never takes it up again."""
        import psycopg

        with psycopg.connect(self.site.database) as connection:
            sql = "SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'"
            row = connection.execute(sql).fetchone()
        for path in self.received.glob("*.partial"):
            if row is not None and path.stat().st_size != row[0]:
                path.unlink()

    def close(self) -> str:
        """End the receiver; what it said against going on."""
        if self._receiver is None:
            return ""
        if self._receiver.poll() is None:
            self._receiver.terminate()
        said, self._receiver = self._receiver.communicate()[1], None
        return str(said).strip()[-400:]

    def put_away(self) -> None:
        """Encrypt what arrived; then a whole segment is taken away here. Files go before the log that names them, and
        last of all it is said up to when the archive has everything."""
        moment = self._arrived()
        arrived = sorted(path for path in self.received.glob("*") if _SEGMENT.match(path.name))
        partial = [(path, path.read_bytes()) for path in arrived if path.suffix == ".partial"]
        whole = [path for path in arrived if path.suffix != ".partial" and path.exists()]
        self.files_put_away()
        for path in whole:
            self._put(path.read_bytes(), path.name)
            (self.folder / LOG / f"{path.name}.partial.gz.age").unlink(missing_ok=True)
            path.unlink()
        for path, content in partial:
            mark = sha256(content).hexdigest()
            if self._seen.get(path.name) != mark:
                self._put(content, path.name)
                self._seen[path.name] = mark
        unfinished = self.folder / f".{UNTIL}.part"
        unfinished.write_text(moment.isoformat() + "\n")
        unfinished.rename(self.folder / UNTIL)

    def _arrived(self) -> datetime:
        """A moment before which everything that was committed is in the folder that receives. A word of ours is
        committed behind it: the server may keep to itself what is not committed, and would be waited for in vain."""
        import psycopg

        with psycopg.connect(self.site.database, autocommit=True) as connection:
            now = connection.execute("SELECT clock_timestamp()").fetchone()
            connection.execute("SET synchronous_commit = local")
            connection.execute("SELECT pg_logical_emit_message(true, 'tienbo', '')")
            row = connection.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
            assert now is not None  # noqa: S101 - it is no table
            assert row is not None  # noqa: S101
            written = _end(row[0])
            until = time.monotonic() + LAG
            while time.monotonic() < until:
                if self._receiver is not None and self._receiver.poll() is not None:
                    raise Refused(Fault("archive.no_receiver", "", {"reason": self.close()}))
                sql = "SELECT restart_lsn >= %s::pg_lsn FROM pg_replication_slots WHERE slot_name = %s"
                if connection.execute(sql, [written, self.slot]).fetchone() == (True,):
                    moment: datetime = now[0]
                    return moment.astimezone(UTC)
                time.sleep(0.05)
        raise Refused(Fault("archive.behind", "", {"seconds": int(LAG)}))

    def _put(self, content: bytes, name: str) -> None:
        self._write(self.folder / LOG / f"{name}.gz.age", gzip.compress(content, 1))

    def files_put_away(self) -> None:
        """Files of the site that the archive has not yet, each encrypted by itself."""
        for tree in TREES:
            folder = self.site.path / tree
            for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
                target = self.folder / tree / f"{path.relative_to(folder).as_posix()}.age"
                if path.name.startswith(".") or not path.is_file() or target.exists():
                    continue
                with suppress(FileNotFoundError):  # taken in meanwhile
                    self._write(target, path.read_bytes())
        settings = (self.site.path / "tienbo.toml").read_bytes()
        if self._seen.get(SETTINGS) != (mark := sha256(settings).hexdigest()):
            self._write(self.folder / SETTINGS, settings)
            self._seen[SETTINGS] = mark

    def _write(self, target: Path, content: bytes) -> None:
        """A file of the archive: not there, or whole and on the disk."""
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.part")
        try:
            with unfinished.open("wb") as out:
                out.write(pyrage.encrypt(content, [self.recipient]))
                out.flush()
                os.fsync(out.fileno())
            unfinished.rename(target)
        finally:
            unfinished.unlink(missing_ok=True)
        folder_sync(target.parent)

    def base_make(self) -> Base:
        """The whole server as it is, while it is used."""
        import psycopg

        with psycopg.connect(self.site.database) as connection:
            row = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()
        segment = str(row[0]) if row else ""
        folder = self.folder / BASE
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / ".base.part"
        words = ["--pgdata=-", "--format=tar", "--wal-method=none", "--checkpoint=fast", "--no-password"]
        command = [program_path("pg_basebackup"), *words]

        def write(sink: BinaryIO) -> None:
            with (
                TemporaryDirectory() as said,
                (Path(said) / "err").open("w+") as err,
                subprocess.Popen(  # noqa: S603
                    command, env=program_environment(self.site.database), stdout=subprocess.PIPE, stderr=err
                ) as running,
                gzip.GzipFile(fileobj=sink, mode="wb", compresslevel=1, mtime=0) as packed,
            ):
                assert running.stdout is not None  # noqa: S101
                shutil.copyfileobj(running.stdout, packed, STEP)
                if running.wait():
                    err.seek(0)
                    fields = {"name": "pg_basebackup", "reason": err.read().strip()[-400:]}
                    raise Refused(Fault("backup.program", "", fields))

        try:
            with unfinished.open("wb") as out:
                encrypted(write, out, self.recipient)
                out.flush()
                os.fsync(out.fileno())
            target = folder / f"{datetime.now(UTC):{_MOMENT}}-{segment}.tar.gz.age"
            unfinished.rename(target)
        finally:
            unfinished.unlink(missing_ok=True)
        folder_sync(folder)
        return bases(self.folder)[-1]

    def prune(self) -> list[str]:
        """Take away bases older than the days that are to be kept, but the one that the first of these days needs; and
        the log before the oldest base left."""
        held, since = bases(self.folder), datetime.now(UTC) - timedelta(days=self.site.archive_days)
        older = [base for base in held if base.ended < since]
        gone = [base.path for base in older[:-1]]
        first = min((base.segment for base in held if base.path not in gone), default="")
        gone += [
            path
            for path in sorted((self.folder / LOG).glob("*.gz.age"))
            if not _named(path).endswith(".history") and _named(path)[8:24] < first[8:24]
        ]
        for path in gone:
            path.unlink()
        return [path.name for path in gone]


# -------------------------------------------------------------------------------------------------------- restoring


@dataclass(frozen=True)
class Restored:
    """`until`: when the last transaction that is in it was committed; None where the log has none after the base."""

    base: str
    until: datetime | None
    settings: Site


def archive_restore(
    *, archive: Path, identity: Any, folder: Path, database: str, at: datetime | None = None
) -> Restored:
    """Make the site of an archive as it was at a moment, or at its end, in an empty folder and an empty PostgreSQL."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(Fault("backup.not_empty", str(folder), {"path": folder}))
    if not database:
        raise Refused(Fault("backup.needs_database", str(archive)))
    database_refuse_full(database)
    until = reaches(archive)
    if at is not None and (until is None or at > until):
        fields = {"moment": at.isoformat(), "until": until.isoformat() if until else "–"}
        raise Refused(Fault("archive.not_reached", str(archive), fields))
    held = [base for base in bases(archive) if at is None or base.ended <= at]
    if not held:
        asked = {"path": archive, "moment": at.isoformat() if at else "–"}
        raise Refused(Fault("archive.no_base", str(archive), asked))
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f".{folder.name}.restoring")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    try:
        (unfinished / "tienbo.toml").write_bytes(_opened(archive / SETTINGS, identity))
        (unfinished / "tienbo.toml").chmod(0o600)
        settings = site_open(unfinished)
        last = _database_put_back(archive, held[-1], identity, unfinished, settings, database, at)
        _files_put_back(archive, identity, unfinished)
        database_named(unfinished / "tienbo.toml", database)
        for name in ("files", "facts", "out"):
            (unfinished / name).mkdir(exist_ok=True)
        os.sync()
        with suppress(FileNotFoundError):
            folder.rmdir()
        unfinished.rename(folder)
        folder_sync(folder.parent)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return Restored(held[-1].path.name, last, settings)


def _opened(path: Path, identity: Any) -> bytes:
    try:
        return bytes(pyrage.decrypt(path.read_bytes(), [identity]))
    except pyrage.DecryptError as wrong:
        raise Refused(Fault("backup.wrong_key", str(path), {"name": path.name})) from wrong


def _files_put_back(archive: Path, identity: Any, site: Path) -> None:
    for tree in TREES:
        for path in sorted((archive / tree).rglob("*.age")) if (archive / tree).is_dir() else ():
            target = site / tree / path.relative_to(archive / tree).as_posix().removesuffix(".age")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_opened(path, identity))
            target.chmod(0o440 if tree == "files" else 0o600)


def _database_put_back(
    archive: Path, base: Base, identity: Any, site: Path, settings: Site, database: str, at: datetime | None
) -> datetime | None:
    """By a server of its own: the base, the log up to the moment, a dump of the site's database into the empty one."""
    with _place(site) as place:
        data, log = place / "data", place / "log"
        data.mkdir(mode=0o700)
        log.mkdir()
        with decrypted(base.path, identity) as source, gzip.GzipFile(fileobj=source) as unpacked:
            with tarfile.open(fileobj=unpacked, mode="r|") as tar:
                tar.extractall(data, filter="tar")
            while unpacked.read(STEP):
                pass
        _log_put_back(archive, base, identity, log)
        with _recovered(place, data, log, settings, at) as (address, until):
            dump = site / DUMP
            program_run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", "--file", str(dump)], address)
        words = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", str(dump)]
        program_run("pg_restore", words, database)
        dump.unlink()
        return until


@contextmanager
def _place(beside: Path) -> Iterator[Path]:
    """A folder for the server: beside the site, where there is room for both; elsewhere if it could not get there under
    another name than root's."""
    above = beside.parent.absolute()
    is_open = os.geteuid() != 0 or all(one.stat().st_mode & 0o001 for one in (above, *above.parents))
    place = Path(mkdtemp(prefix=".server-", dir=above if is_open else "/var/tmp"))  # noqa: S108
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _log_put_back(archive: Path, base: Base, identity: Any, into: Path) -> None:
    found = {_named(path): path for path in (archive / LOG).glob("*.gz.age")}
    before = ""
    for name, path in sorted(found.items()):
        bare = name.removesuffix(".partial")
        if name.endswith(".history"):
            (into / name).write_bytes(gzip.decompress(_opened(path, identity)))
            continue
        if bare[8:24] < base.segment[8:24] or (name != bare and bare in found):
            continue
        if before and before[:8] == bare[:8] and not _follows(before, bare):
            raise Refused(Fault("archive.gap", str(archive), {"before": before, "after": bare}))
        before = bare
        (into / bare).write_bytes(gzip.decompress(_opened(path, identity)))


def _follows(one: str, other: str) -> bool:
    """Whether a segment is the next: of 16 MB, 256 to each number in the middle."""
    at, then = (int(name[8:16], 16) * 256 + int(name[16:24], 16) for name in (one, other))
    return then == at + 1


@contextmanager
def _recovered(
    place: Path, data: Path, log: Path, settings: Site, at: datetime | None
) -> Iterator[tuple[str, datetime | None]]:
    """The address of a server that went through the log and stopped at the moment; it ends with the block."""
    version = (data / "PG_VERSION").read_text().strip()
    programs = Path(f"/usr/lib/postgresql/{version}/bin")
    control = programs / "pg_ctl" if (programs / "pg_ctl").exists() else Path(shutil.which("pg_ctl") or "")
    if not control.is_file():
        raise Refused(Fault("archive.no_server", "", {"version": version}))
    # A socket's whole name has a hundred letters at most.
    with TemporaryDirectory(prefix="tienbo-", dir="/tmp") as socket:
        parts = urlsplit(settings.database)
        address = urlunsplit(("postgresql", f"{_user(parts.netloc)}{quote(socket, safe='')}", parts.path, "", ""))
        user = _server_settled(place, data, log, Path(socket), at)
        try:
            text = _server_started(control, place, data, user, address)
            if "before configured recovery target was reached" in text:
                # Nothing was committed between the moment and the end of the log.
                _server_settled(place, data, log, Path(socket), None)
                text += _server_started(control, place, data, user, address)
            if not (data / "postmaster.pid").exists():
                raise Refused(Fault("archive.not_recovered", "", {"reason": text.strip()[-600:]}))
            yield address, _last(text)
        finally:
            stop = [str(control), "-D", str(data), "-m", "immediate", "-w", "stop"]
            subprocess.run(  # noqa: S603
                stop, user=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
            )


def _server_settled(place: Path, data: Path, log: Path, socket: Path, at: datetime | None) -> int | None:
    """Settings of a server that hears nobody else, and goes through the log up to a moment. Returns whom it runs as."""
    lines: dict[str, str] = {
        "listen_addresses": "",  # nobody else reaches it
        "unix_socket_directories": str(socket),
        "hot_standby": "off",
        "archive_mode": "off",
        "restore_command": f'cp "{log}/%f" "%p"',
        "recovery_target_action": "promote",
        "lc_messages": "C",
        "log_timezone": "UTC",
        "fsync": "off",  # nobody else uses it, and it is thrown away
        "shared_buffers": "64MB",
        **({"recovery_target_time": at.astimezone(UTC).isoformat(sep=" ")} if at else {}),
    }
    (data / "postgresql.conf").write_text("".join(f"{name} = '{value}'\n" for name, value in lines.items()))
    (data / "pg_hba.conf").write_text("local all all trust\n")
    for name in ("postgresql.auto.conf", "pg_ident.conf"):
        (data / name).write_text("")
    (data / "recovery.signal").touch()
    for name in ("standby.signal", "postmaster.pid", "postmaster.opts"):
        (data / name).unlink(missing_ok=True)
    return _given_away(place, socket)


def _server_started(control: Path, place: Path, data: Path, user: int | None, address: str) -> str:
    """What the server said until it answered, or ended."""
    import psycopg

    said = place / "said"
    said.unlink(missing_ok=True)
    command = [str(control), "-D", str(data), "-w", "-t", "86400", "-l", str(said), "start"]
    subprocess.run(  # noqa: S603
        command, user=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    while (data / "postmaster.pid").exists():  # it is there while it goes through the log, and answers nobody
        try:
            psycopg.connect(address, connect_timeout=5).close()
            break
        except psycopg.OperationalError:
            time.sleep(0.2)
    return said.read_text(errors="replace") if said.exists() else ""


def _user(netloc: str) -> str:
    """The user of an address, without the password."""
    return f"{netloc.rpartition('@')[0].partition(':')[0]}@" if "@" in netloc else ""


def _last(text: str) -> datetime | None:
    """When the last transaction was committed that recovery went through, by what it said."""
    found = re.findall(r"last completed transaction was at log time (\S+ \S+?)\+00", text)
    return datetime.fromisoformat(found[-1]).replace(tzinfo=UTC) if found else None


def _given_away(place: Path, socket: Path) -> int | None:
    """PostgreSQL does not run as root: whom to run it as then, to whom these folders are given; else None."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            held = pwd.getpwnam(name)
            break
    else:
        return None
    for path in (place, *place.rglob("*"), socket):
        os.chown(path, held.pw_uid, held.pw_gid)
    return held.pw_uid
