"""An older site is brought up to this version, killed in each migration: python -m tests.journeys.upgraded SITE STATE
TIMES.

SITE is a new site without tables; STATE one of `tests/upgrade`. Each migration is struck TIMES times before it is
committed: first when all of it is done, then in the midst of a chance statement; and once as soon as it is. What
follows the last (triggers, rights) is struck TIMES times so. Each go begins where the killed one was. Prints
JSON: how often each was struck at least, what is not as it was, and how long it took.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tienbo.ground.reach import reaching_everywhere
from tienbo.project.desk import Desk, django_start

STATES = Path(__file__).resolve().parents[1] / "upgrade"
NOT_OURS = ("django_", "auth_", "sqlite_", "pg_")
LAST = "after the last"


WHOLE, COMMITTED = -1, -2
"""When a migration is struck, where it is at no statement of its own."""


def main(site: Path, state: str, times: int) -> None:
    begun = time.monotonic()
    address = _put(site, state)
    django_start(site)
    before = _said(_columns())
    plan = _plan()
    struck: Counter[str] = Counter()
    chance = random.Random(9)  # noqa: S311
    for made, name in enumerate(plan):
        statements = _strike(name, WHOLE)
        for _ in range(times - 1):
            _strike(name, chance.randint(1, max(1, statements)), chance.uniform(0.0, 0.002))
        assert _plan() == plan[made:], f"{name}: recorded before it was committed"
        _strike(name, COMMITTED)
        assert _plan() == plan[made + 1 :], f"{name}: committed and not recorded"
        struck[name] = times + 1
    statements = _strike(LAST, WHOLE)
    for _ in range(times - 1):
        _strike(LAST, chance.randint(1, max(1, statements)), chance.uniform(0.0, 0.002))
    struck[LAST] = times
    assert _migrated() == 0, "the last go fails"
    after = _said({table: columns for table, columns in before["columns"].items() if table in _columns()})
    changed = [table for table, mark in before["rows"].items() if after["rows"].get(table) != mark]
    least = min(struck[name] for name in [*plan, LAST])
    made = {"plan": len(plan), "struck": sum(struck.values()), "least": least, "left": len(_plan()), "changed": changed}
    took = round(time.monotonic() - begun)
    told = {**made, "tables": len(before["rows"]), "audit": _audited(site), "engine": bool(address), "seconds": took}
    print(json.dumps(told))


def _put(site: Path, state: str) -> str:
    from tienbo.project.site import site_open

    address = site_open(site).database
    if not address:
        (site / "db.sqlite3").write_bytes(gzip.decompress((STATES / f"{state}.sqlite3.gz").read_bytes()))
        return ""
    program = shutil.which("psql") or "psql"
    sql = gzip.decompress((STATES / f"{state}.postgresql.sql.gz").read_bytes())
    words = [program, "-q", "-v", "ON_ERROR_STOP=1", "-d", address]
    done = subprocess.run(words, input=sql, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return address


def _plan() -> list[str]:
    """Migrations that are still to be made, in their order."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    made = executor.migration_plan(executor.loader.graph.leaf_nodes())
    connection.close()
    return [f"{one.app_label}.{one.name}" for one, _backwards in made]


def _strike(name: str, at: int, wait: float = 0.0) -> int:
    """Bring up to date, and be killed in this migration; how many statements it had come to. Fails where it was not
    killed there."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            _migrated(name, at, wait, writing)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as told:
        said = told.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (-signal.SIGKILL, -signal.SIGALRM), f"{name}: not killed at {at}, but ended with {code}"
    return int(said or 0)


def _migrated(name: str = "", at: int = 0, wait: float = 0.0, writing: int = 2) -> int:
    """Make the tables; where a migration is named, be killed in it, in the midst of what runs or waits then: the
    system ends a process at its alarm as it does at SIGKILL, and no Python comes between."""
    from django.core.management import call_command
    from django.core.management.commands import migrate
    from django.db import connection
    from django.db.migrations import Migration

    counted, now = [0], [""]
    apply, last, editor = Migration.apply, migrate.emit_post_migrate_signal, connection.SchemaEditorClass

    def killed(count: int) -> None:
        os.write(writing, str(count).encode())
        os.kill(os.getpid(), signal.SIGKILL)

    def counting(execute: Any, sql: str, *more: Any) -> Any:
        if now[0] == name:
            counted[0] += 1
            if counted[0] == at:
                signal.setitimer(signal.ITIMER_REAL, max(wait, 1e-6))
        return execute(sql, *more)

    class Editor(editor):  # type: ignore[misc, valid-type]
        def __exit__(self, *broken: Any) -> None:
            if now[0] == name and at != COMMITTED:
                killed(counted[0])  # whatever was left for its end is done by now (`WholeExecutor`)
            super().__exit__(*broken)
            if now[0] == name and at == COMMITTED:
                killed(counted[0])

    def applied(self: Migration, *more: Any, **most: Any) -> Any:
        now[0] = f"{self.app_label}.{self.name}"
        return apply(self, *more, **most)

    def ended(*more: Any, **most: Any) -> None:
        now[0] = LAST
        last(*more, **most)
        if name == LAST:
            killed(counted[0])

    if name:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        Migration.apply, migrate.emit_post_migrate_signal = applied, ended  # type: ignore[method-assign]
        connection.SchemaEditorClass = Editor
        connection.execute_wrappers.append(counting)
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connection.close()
    return 0


def _columns() -> Mapping[str, list[str]]:
    """Our tables and their columns as they are."""
    from django.db import connection

    with connection.cursor() as cursor:
        tables = sorted(one for one in connection.introspection.table_names(cursor) if not one.startswith(NOT_OURS))
        described = {one: connection.introspection.get_table_description(cursor, one) for one in tables}
    return {one: sorted(column.name for column in columns) for one, columns in described.items()}


def _said(columns: Mapping[str, list[str]]) -> dict[str, Any]:
    """The hash of what each table says in these columns, where they are there."""
    from django.db import connection

    there, made = _columns(), {}
    with connection.cursor() as cursor:
        for table, wanted in columns.items():
            names = ", ".join(f'"{name}"' for name in wanted if name in there[table])
            cursor.execute(f'SELECT {names} FROM "{table}"')
            rows = sorted(repr(row) for row in cursor.fetchall())
            made[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    connection.close()
    return {"columns": columns, "rows": made}


def _audited(site: Path) -> list[str]:
    """What the site's own checks say once its facts are derived again."""
    from tienbo.collection.manifest import facts_rebuild
    from tienbo.processes.audit import audit

    desk = Desk.open(site)
    facts_rebuild(store=desk.stores.facts)
    return [fault.sentence() for fault in audit(stores=desk.stores) if fault.level.value == "error"]


if __name__ == "__main__":
    with reaching_everywhere("tests are the operator's"):
        main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
