"""A site's backup: one file with its database as it was at one moment, every file received, and its settings; encrypted
to a key whose other half is kept elsewhere, so that whoever takes the server cannot read its backups.

The file is what `age` (https://age-encryption.org) writes, a tar within: tools of others open it. Its last member is
the manifest with the SHA-256 of all others. Facts are not in it: they follow from the returns, and are derived again.
"""

from __future__ import annotations

import getpass
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import pyrage

from tienbo import __version__
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.ground.reach import ALL, ROWS
from tienbo.project.site import Site, postgresql

SUFFIX = ".tienbo.age"
MANIFEST = "manifest.json"
SQLITE = "db.sqlite3"
DUMP = "database.dump"
TREES = ("staging", "files", "heads", "noted")
"""Folders of a site that are in a backup, where they are there. What waits in `staging` is looked at before the
database and again after: a job of that moment finds its files."""
PASSPHRASE = "TIENBO_BACKUP_PASSPHRASE"  # noqa: S105 - the name of a variable
STEP = 2**20

worded(
    {
        "backup.no_key": N_(
            "Nobody was named whom the backup is for. Make a key with tienbo backup-key FILE, keep the file elsewhere, "
            "and name the line it prints: backup_key in tienbo.toml."
        ),
        "backup.bad_key": N_("{key} is no key to encrypt to: it begins with age1."),
        "backup.bad_key_file": N_("{path} is no key file: {reason}"),
        "backup.key_exists": N_("{path} is there already; a key is never overwritten."),
        "backup.wrong_key": N_("The backup {name} was made for another key."),
        "backup.damaged": N_("The backup {name} is damaged or cut off: {reason}"),
        "backup.member": N_("The backup {name} is not what its manifest says: {member}."),
        "backup.file_damaged": N_("The stored file {member} is damaged: its bytes no longer have this hash."),
        "backup.database": N_("The database in the backup is not whole: {reason}"),
        "backup.not_empty": N_("{path} is not empty. A site is restored into an empty folder only."),
        "backup.database_not_empty": N_(
            "The database {address} is not empty. A site is restored into an empty one only."
        ),
        "backup.needs_database": N_("The backup is of a PostgreSQL. Name an empty one: --database postgresql://…"),
        "backup.no_program": N_("The program {name} was not found. On Debian: apt-get install postgresql-client"),
        "backup.program": N_("{name} failed: {reason}"),
    }
)


@dataclass
class Backup:
    """What was put in, or found."""

    path: Path
    size: int = 0
    members: int = 0
    manifest: Mapping[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


# ------------------------------------------------------------------------------------------------------------- keys


def key_make(path: Path, passphrase: str = "") -> str:
    """Write a new key file, readable by its owner only, and return its public half. With a passphrase the file is
    encrypted with it."""
    if path.exists():
        raise Refused(Fault("backup.key_exists", str(path), {"path": path}))
    made = pyrage.x25519.Identity.generate()
    public = str(made.to_public())
    content = f"# public key: {public}\n{made}\n".encode()
    if passphrase:
        content = pyrage.passphrase.encrypt(content, passphrase)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)  # half a key opens nothing
        raise
    return public


def key_read(path: Path, passphrase: str | None = None) -> Any:
    """The key in a file; Refused when there is none, or the passphrase is wrong. A passphrase that is needed and not
    given is taken from the environment, else asked for."""
    content = path.read_bytes()
    try:
        if content.startswith(b"age-encryption.org/"):
            said = passphrase or os.environ.get(PASSPHRASE) or getpass.getpass()
            content = pyrage.passphrase.decrypt(content, said)
        lines = [line for line in content.decode().splitlines() if line and not line.startswith("#")]
        return pyrage.x25519.Identity.from_str(lines[0])
    except (pyrage.DecryptError, pyrage.IdentityError, UnicodeDecodeError, IndexError) as wrong:
        fields = {"path": path, "reason": str(wrong) or type(wrong).__name__}
        raise Refused(Fault("backup.bad_key_file", str(path), fields)) from wrong


def recipient_of(key: str) -> Any:
    if not key:
        raise Refused(Fault("backup.no_key"))
    try:
        return pyrage.x25519.Recipient.from_str(key)
    except pyrage.RecipientError as wrong:
        raise Refused(Fault("backup.bad_key", "", {"key": key})) from wrong


# ----------------------------------------------------------------------------------------------------------- making


def backup_make(*, site: Site, folder: Path, key: str, head: str) -> Backup:
    """Write a backup of a site into a folder while it is served; on return it is on the disk under its name. Refused,
    with nothing left, when it cannot be whole; a received file that is damaged is told in `faults`."""
    recipient = recipient_of(key)
    folder.mkdir(parents=True, exist_ok=True)
    moment = datetime.now(UTC)
    target = folder / f"{site.path.resolve().name}-{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03d}Z{SUFFIX}"
    unfinished = target.with_name(f".{target.name}.part")
    made = Backup(target)
    try:
        with unfinished.open("xb") as out, TemporaryDirectory(prefix=".backup-", dir=site.path) as held:
            encrypted(lambda sink: _write(made, site, Path(held), sink, head, moment), out, recipient)
            out.flush()
            os.fsync(out.fileno())
        unfinished.rename(target)
        folder_sync(folder)
    finally:
        unfinished.unlink(missing_ok=True)
    made.size = target.stat().st_size
    return made


def encrypted(write: Callable[[BinaryIO], None], out: BinaryIO, recipient: Any) -> None:
    """What `write` writes goes to `out` encrypted, in little memory."""
    reading, writing = os.pipe()
    broken: list[BaseException] = []

    def run() -> None:
        try:
            with os.fdopen(writing, "wb", buffering=STEP) as sink:
                write(sink)
        except BaseException as wrong:
            broken.append(wrong)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        with os.fdopen(reading, "rb", buffering=STEP) as source:
            pyrage.encrypt_io(source, out, [recipient])
    except pyrage.EncryptError as wrong:
        said = re.search(r"\[Errno (\d+)\]", str(wrong))  # what the disk said is told in its words only
        if said is None:
            raise
        raise OSError(int(said[1]), os.strerror(int(said[1])), getattr(out, "name", "")) from wrong
    finally:
        thread.join()
    if broken:
        raise broken[0]


def _write(made: Backup, site: Site, held: Path, sink: BinaryIO, head: str, moment: datetime) -> None:
    said: dict[str, str] = {}
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        _put_tree(tar, site.path / "staging", "staging", said, made)
        database = _database_copied(site, held)
        _put(tar, database, database.name, said)
        database.unlink()
        for name in TREES:
            folder = {"heads": site.heads_folder}.get(name, site.path / name)
            _put_tree(tar, folder, name, said, made)
        _put(tar, site.path / "tienbo.toml", "tienbo.toml", said)
        manifest = {
            "made_at": moment.isoformat(),
            "version": __version__,
            "database": database.name,
            "journal_head": head,
            "members": said,
        }
        content = json.dumps(manifest, indent=1, sort_keys=True).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(content), 0o600
        tar.addfile(info, io.BytesIO(content))
    made.members, made.manifest = len(said), manifest


def _database_copied(site: Site, held: Path) -> Path:
    """The database as it was at one moment, whoever writes to it meanwhile."""
    if not site.database:
        copy = held / SQLITE
        source = sqlite3.connect(f"file:{site.path / SQLITE}?mode=ro", uri=True, timeout=60)
        with closing(source), closing(sqlite3.connect(copy)) as other:
            source.backup(other)
            other.execute("PRAGMA journal_mode=DELETE")
        return copy
    copy = held / DUMP
    words = ["--format=custom", "--enable-row-security", "--no-owner", "--no-privileges", "--file", str(copy)]
    program_run("pg_dump", words, site.database)
    return copy


def _put_tree(tar: tarfile.TarFile, folder: Path, name: str, said: dict[str, str], made: Backup) -> None:
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        member = f"{name}/{path.relative_to(folder).as_posix()}"
        if member in said or path.is_symlink() or not path.is_file() or path.name.startswith("."):
            continue
        try:
            sha = _put(tar, path, member, said)
        except FileNotFoundError:
            continue  # taken in meanwhile
        if name == "files" and sha != path.name:
            made.faults.append(Fault("backup.file_damaged", member, {"member": member}))


class _Hashed:
    """A file that is hashed as it is read, never longer than it was when it was opened."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.hash = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        some = self.file.read(size)
        self.hash.update(some)
        return some


def _put(tar: tarfile.TarFile, path: Path, member: str, said: dict[str, str]) -> str:
    with path.open("rb") as file:
        info = tar.gettarinfo(arcname=member, fileobj=file)
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        hashed = _Hashed(file)
        tar.addfile(info, hashed)
    said[member] = hashed.hash.hexdigest()
    return said[member]


# -------------------------------------------------------------------------------------------------------- reading


def backup_open(*, path: Path, identity: Any, into: Path, only: Collection[str] = ()) -> Backup:
    """Decrypt a backup into an empty folder and hold every member against the manifest. Refused for another key, a file
    that is damaged or cut off, or a member that is not what it should be; what was unpacked then is taken away. `only`:
    the members that are kept, where the others are wanted for their hash alone."""
    made = Backup(path, path.stat().st_size)
    into.mkdir(parents=True, exist_ok=True)
    found: dict[str, str] = {}
    manifest: dict[str, Any] = {}
    try:
        with decrypted(path, identity) as source, tarfile.open(fileobj=source, mode="r|") as tar:
            for info in tar:
                _take(tar, info, into if not only or info.name in only else None, found, manifest)
        wrong = _unlike(found, manifest.get("members"))
        if wrong:
            raise Refused(Fault("backup.member", str(path), {"name": path.name, "member": wrong}))
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise
    made.members, made.manifest = len(found), manifest
    return made


def _take(
    tar: tarfile.TarFile, info: tarfile.TarInfo, into: Path | None, found: dict[str, str], manifest: dict[str, Any]
) -> None:
    source = tar.extractfile(info) if info.isreg() else None
    parts = info.name.split("/")
    if source is None or info.name.startswith("/") or ".." in parts or info.name in found:
        raise tarfile.TarError(info.name)
    if info.name == MANIFEST:
        manifest.update(json.loads(source.read()))
        return
    digest = hashlib.sha256()
    if into is None:
        while some := source.read(STEP):
            digest.update(some)
    else:
        target = into / info.name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            while some := source.read(STEP):
                digest.update(some)
                out.write(some)
            out.flush()
        target.chmod(0o440 if parts[0] == "files" else 0o600)
    found[info.name] = digest.hexdigest()


def _unlike(found: Mapping[str, str], said: Mapping[str, str] | None) -> str:
    """A member that is not as the manifest says; "" where all are."""
    if said is None:
        return MANIFEST
    return next((name for name in sorted({*found, *said}) if found.get(name) != said.get(name)), "")


@contextmanager
def decrypted(path: Path, identity: Any) -> Iterator[BinaryIO]:
    """The tar within, as it is decrypted. What the one who reads says is wrong comes after what decrypting says."""
    reading, writing = os.pipe()
    broken: list[BaseException] = []

    def run() -> None:
        try:
            with path.open("rb") as source, os.fdopen(writing, "wb", buffering=STEP) as sink:
                pyrage.decrypt_io(source, sink, [identity])
        except BaseException as wrong:
            broken.append(wrong)

    thread = threading.Thread(target=run)
    thread.start()
    told: BaseException | None = None
    try:
        with os.fdopen(reading, "rb", buffering=STEP) as source:
            yield source
            while source.read(STEP):
                pass  # what stands after the tar is part of what is authenticated
    except (tarfile.TarError, EOFError, ValueError, OSError) as unread:
        told = unread
    finally:
        thread.join()
    wrong = next((one for one in broken if not isinstance(one, BrokenPipeError)), None) or told
    if isinstance(wrong, pyrage.DecryptError):
        raise Refused(Fault("backup.wrong_key", str(path), {"name": path.name})) from wrong
    if wrong is not None:
        raise Refused(Fault("backup.damaged", str(path), {"name": path.name, "reason": str(wrong)})) from wrong


def backup_verify(*, path: Path, identity: Any) -> Backup:
    """Hold every member of a backup against its manifest, and look whether its database is whole. The database alone is
    written, into a folder that is then thrown away: a disk takes longer to begin a file than we to hash it."""
    with TemporaryDirectory(prefix="tienbo-verify-") as held:
        into = Path(held) / "site"
        made = backup_open(path=path, identity=identity, into=into, only=(SQLITE, DUMP))
        reason = _database_unsound(into)
        if reason:
            made.faults.append(Fault("backup.database", str(path), {"reason": reason}))
        return made


def _database_unsound(into: Path) -> str:
    if (into / DUMP).exists():
        try:
            program_run("pg_restore", ["--list", str(into / DUMP)], "")
        except Refused as refused:
            return refused.faults[0].sentence()
        return ""
    try:
        with closing(sqlite3.connect(f"file:{into / SQLITE}?mode=ro", uri=True)) as database:
            ((said,),) = database.execute("PRAGMA integrity_check(1)").fetchall() or [("?",)]
            dangling = database.execute("PRAGMA foreign_key_check").fetchone()
            return "" if said == "ok" and dangling is None else f"{said} {dangling or ''}"
    except sqlite3.Error as broken:
        return str(broken)


# ------------------------------------------------------------------------------------------------------- restoring


def backup_restore(*, path: Path, identity: Any, folder: Path, database: str = "") -> Backup:
    """Make the site of a backup in an empty folder, its database in an empty PostgreSQL where it was one. What a
    restore that was stopped had begun beside the folder is begun anew."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(Fault("backup.not_empty", str(folder), {"path": folder}))
    if database:
        database_refuse_full(database)
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f".{folder.name}.restoring")
    shutil.rmtree(unfinished, ignore_errors=True)
    made = backup_open(path=path, identity=identity, into=unfinished)
    try:
        dump = unfinished / DUMP
        if dump.exists():
            if not database:
                raise Refused(Fault("backup.needs_database", str(path)))
            words = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", str(dump)]
            program_run("pg_restore", words, database)
            dump.unlink()
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
    return made


def database_named(settings: Path, database: str) -> None:
    lines = settings.read_text(encoding="utf-8").splitlines()
    said = json.dumps(database, ensure_ascii=False)
    settings.write_text(
        "\n".join(f"database = {said}" if line.startswith("database =") else line for line in lines) + "\n",
        encoding="utf-8",
    )


def database_refuse_full(database: str) -> None:
    import psycopg

    from tienbo.project.site import masked

    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    if row is None or row[0]:
        raise Refused(Fault("backup.database_not_empty", "", {"address": masked(database)}))


# -------------------------------------------------------------------------------------------------------- programs


def program_path(name: str) -> str:
    """Where a program of PostgreSQL is, the newest installed; Refused where there is none."""
    found = shutil.which(name) or next(
        map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), ""
    )
    if not found:
        raise Refused(Fault("backup.no_program", "", {"name": name}))
    return found


def program_environment(database: str) -> dict[str, str]:
    """The environment in which a program of PostgreSQL finds a server: a password does not travel among the words."""
    held: Any = postgresql(database)["default"] if database else {}
    named = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    return {**os.environ, **{variable: str(held[key]) for variable, key in named.items() if held.get(key)}}


def program_run(name: str, words: Sequence[str], database: str) -> None:
    """Run a program of PostgreSQL on a database."""
    environment = program_environment(database)
    if database:
        held: Any = postgresql(database)["default"]
        environment["PGOPTIONS"] = f"-c tienbo.{ROWS}={ALL}"  # a copy is of every row, and of each or it fails
        words = ["--dbname", str(held["NAME"]), *words]
    command = [program_path(name), *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        fields = {"name": name, "reason": done.stderr.strip()[-400:]}
        raise Refused(Fault("backup.program", "", fields))


def folder_sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
