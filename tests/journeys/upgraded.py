"""An older site is brought up to this version, killed in each migration: python -m tests.journeys.upgraded SITE STATE
TIMES MOST.

SITE is a new site without tables; STATE one of `tests/upgrade`. Of the migrations MOST (0: each) are struck TIMES times
at a chance moment, each go begins where the killed one was. Prints JSON: how often, and what is not as it was.
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


def main(site: Path, state: str, times: int, most: int) -> None:
    address = _put(site, state)
    django_start(site)
    before = _said(_columns())
    plan = _plan()
    struck: Counter[str] = Counter()
    chance = random.Random(9)  # noqa: S311
    wanted = [*plan, LAST] if not most else [*plan[:: max(1, len(plan) // most)][:most], LAST]
    for name in wanted:
        for _ in range(times):
            struck[name] += _strike(name, chance)
            left = _plan()
            assert left == plan[len(plan) - len(left) :], "a migration was left out"
    assert _migrated() == 0, "the last go fails"
    after = _said({table: columns for table, columns in before["columns"].items() if table in _columns()})
    changed = [table for table, mark in before["rows"].items() if after["rows"].get(table) != mark]
    made = {"plan": len(plan), "struck": sum(struck.values()), "left": len(_plan()), "changed": changed}
    print(json.dumps({**made, "tables": len(before["rows"]), "audit": _audited(site), "engine": bool(address)}))


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


def _strike(name: str, chance: random.Random) -> int:
    """Bring up to date, and kill it in this migration; 1 where it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os._exit(_migrated(writing))
    os.close(writing)
    with os.fdopen(reading) as told:
        for line in told:
            if line.strip() == name:
                time.sleep(chance.uniform(0.0, 0.25))
                os.kill(child, signal.SIGKILL)
                break
        told.read()
    return int(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL)


def _migrated(writing: int = 2) -> int:
    """Make the tables; a line for each migration that begins, and one when only the triggers are left."""
    from django.core.management import call_command
    from django.core.management.commands import migrate
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    apply, last = MigrationExecutor.apply_migration, migrate.emit_post_migrate_signal

    def applied(self: Any, state: Any, migration: Any, *more: Any, **most: Any) -> Any:
        os.write(writing, f"{migration.app_label}.{migration.name}\n".encode())
        return apply(self, state, migration, *more, **most)

    def ended(*more: Any, **most: Any) -> None:
        os.write(writing, f"{LAST}\n".encode())
        last(*more, **most)

    MigrationExecutor.apply_migration, migrate.emit_post_migrate_signal = applied, ended  # type: ignore[method-assign]
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connection.close()
        MigrationExecutor.apply_migration, migrate.emit_post_migrate_signal = apply, last  # type: ignore[method-assign]
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
        main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
