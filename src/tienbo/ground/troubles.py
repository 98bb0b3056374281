"""What can go wrong around an act, told as faults: folders, disks, databases. Nobody is shown a traceback.

Set TIENBO_TRACE=1 to see where in the program it happened.
"""

from __future__ import annotations

import errno

from tienbo.core.disk import DiskReason
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_

worded(
    {
        "trouble.file": N_("{path}: {reason}."),
        "trouble.tables_older": N_(
            "The tables of this site are not those of this version. Bring them up to date: tienbo site upgrade"
        ),
        "trouble.database_gone": N_("The database {path} is not there. Restore it from a backup."),
        "trouble.database_damaged": N_("The database is damaged ({reason}). Restore it from a backup."),
        "trouble.database_full": N_("There is no space left for the database. Nothing half-done was kept."),
        "trouble.database_readonly": N_("The database cannot be written to: {reason}."),
        "trouble.database_busy": N_("Another process has held the database for too long. Try again."),
        "trouble.database_silent": N_("The database server cannot be reached: {reason}"),
        "trouble.database": N_("The database refused this: {reason}"),
        "trouble.no_driver": N_("PostgreSQL needs a package that is not installed: pip install 'tienbo[postgresql]'"),
        "trouble.stopped": N_("Stopped. What was complete before is kept."),
        "trouble.unexpected": N_(
            "Something happened that nobody foresaw: {reason}. Nothing half-done was kept. "
            "Run it again with TIENBO_TRACE=1 and send what is printed to whoever looks after the program."
        ),
        "trouble.machine_full": N_(
            "The server's disk is full. What you sent just now was not kept; everything kept before is safe. Whoever "
            "looks after the server must make room; then send it again."
        ),
        "trouble.machine_readonly": N_(
            "The server cannot write to its disk. What you sent just now was not kept; everything kept before is safe. "
            "Tell whoever looks after the server, then send it again."
        ),
        "trouble.machine_silent": N_(
            "The server's database does not answer. Look in a minute whether what you sent is there; if it is not, "
            "send it again."
        ),
        "trouble.machine_busy": N_("The server is busy with something large. Nothing was kept; try again in a minute."),
        "trouble.machine_damaged": N_(
            "The server's database reports damage. Nothing was kept. Stop working and tell whoever looks after the "
            "server at once."
        ),
    }
)

_OF_THE_MACHINE = {
    "trouble.database_full": "trouble.machine_full",
    "trouble.database_readonly": "trouble.machine_readonly",
    "trouble.database_silent": "trouble.machine_silent",
    "trouble.database_busy": "trouble.machine_busy",
    "trouble.database_damaged": "trouble.machine_damaged",
}
_DATABASES = frozenset({"django.DatabaseError", "django.InterfaceError", "sqlite3.DatabaseError", "psycopg.Error"})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_UNWRITABLE = frozenset({errno.EROFS, errno.EIO, errno.ENODEV, errno.ENXIO})

_SAID_BY_DATABASES = (
    ("not a database", "trouble.database_damaged"),
    ("malformed", "trouble.database_damaged"),
    ("disk is full", "trouble.database_full"),
    ("No space left", "trouble.database_full"),
    ("wrote only", "trouble.database_full"),  # part of a page found room
    ("quota exceeded", "trouble.database_full"),
    ("Read-only file system", "trouble.database_readonly"),
    ("Input/output error", "trouble.database_readonly"),
    ("readonly database", "trouble.database_readonly"),
    ("unable to open database", "trouble.database_readonly"),
    ("disk I/O error", "trouble.database_readonly"),
    ("database is locked", "trouble.database_busy"),
    ("onnection", "trouble.database_silent"),
    ("database system is", "trouble.database_silent"),
    ("terminating", "trouble.database_silent"),
    ("couldn't get a connection", "trouble.database_silent"),
    ("could not translate host name", "trouble.database_silent"),
    ("failed to resolve host", "trouble.database_silent"),
)


def trouble(broken: BaseException) -> Fault:
    """What stands against a command, in words, whatever it was that broke."""
    if isinstance(broken, KeyboardInterrupt):
        return Fault("trouble.stopped")
    if isinstance(broken, OSError):
        path = broken.filename if broken.filename is not None else ""
        return Fault("trouble.file", str(path), {"path": path, "reason": DiskReason.of(broken)})
    kinds = {kind.__module__.partition(".")[0] + "." + kind.__name__ for kind in type(broken).__mro__}
    if kinds & _DATABASES:
        return _of_the_database(broken)
    if "django.ImproperlyConfigured" in kinds and "psycopg" in str(broken):
        return Fault("trouble.no_driver")
    return Fault("trouble.unexpected", "", {"reason": f"{type(broken).__name__}: {broken}".rstrip(": ")})


def machine_trouble(broken: BaseException) -> Fault | None:
    """What a person in front of a page is told when the machine below it failed: its disk, its database. None where it
    did not: a fault of ours."""
    at: BaseException | None = broken
    while at is not None:
        if isinstance(at, OSError) and at.errno in _FULL | _UNWRITABLE:
            return Fault("trouble.machine_full" if at.errno in _FULL else "trouble.machine_readonly")
        found = _OF_THE_MACHINE.get(trouble(at).code)
        if found is not None:
            return Fault(found)
        at = at.__cause__ or at.__context__
    return None


def _of_the_database(broken: BaseException) -> Fault:
    told = str(broken).strip()
    for words, code in _SAID_BY_DATABASES:
        if words in told:
            return Fault(code, "", {"reason": told})
    if _tables_are_older():
        return Fault("trouble.tables_older")
    return Fault("trouble.database", "", {"reason": told})


def _tables_are_older() -> bool:
    """Whether migrations wait to be made."""
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return False
