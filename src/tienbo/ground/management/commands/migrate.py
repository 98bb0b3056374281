"""`migrate`, as Django has it; a database without a table is made at once (`ground.new_tables`)."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from tienbo.ground import new_tables

ASKED_FOR = ("app_label", "migration_name", "fake", "fake_initial", "plan", "check_unapplied", "prune")


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if not any(options[name] for name in ASKED_FOR) and new_tables.is_new(connection):
            new_tables.make(connection)
        super().handle(*args, **options)
