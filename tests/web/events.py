"""What the journal is told while pages are walked through (T35): held against what the database was made to write and
what left."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from tests.web.furnished import Place

from tienbo.ground.history import recorded_tables
from tienbo.ground.models import History
from tienbo.web.middleware import NARROW_PAGES

_WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)

ATTEMPTS = {"account_login", "account_reauthenticate", "unlock"}
"""Where a wrong password is an event of its own."""


def notes() -> list[dict[str, Any]]:
    """What was noted and is on its way to the journal."""
    file = settings.OFFICE.noted / "noted.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [json.loads(line) for line in lines if line]  # a note begins on a line of its own, whatever came before it


@contextmanager
def _written() -> Iterator[set[str]]:
    """Recorded tables that statements inside write to."""
    tables, recorded = set[str](), recorded_tables()

    def look(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        found = _WRITES.match(str(sql))
        made = execute(sql, params, many, context)
        if found and found[1] in recorded and (many or context["cursor"].rowcount != 0):
            tables.add(found[1])
        return made

    with connection.execute_wrapper(look):
        yield tables


def watched(place: Place, person: str, ask: Callable[[], HttpResponse], where: object) -> HttpResponse:
    """Ask, and see that what was written and what left has its events, by who asked and through this page, and that
    what was refused has none."""
    last = History.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    noted = len(notes())
    with _written() as tables:
        response = ask()
    rows = list(History.objects.filter(pk__gt=last).exclude(op="N").values_list("table_name", "person", "door"))
    left = notes()[noted:]
    if response.status_code >= 400 and place.name in ATTEMPTS:
        assert {table for table, _person, _door in rows} <= {"accounts_signinfailures"}, (where, rows)
    elif response.status_code >= 400:
        assert not rows, (where, rows)
        assert not left, (where, left)
    if response.status_code >= 400:
        return response
    assert tables <= {table for table, _person, _door in rows}, (where, tables, rows)
    assert {(one, door) for _table, one, door in rows} <= {(person, f"page:{place.name}")}, (where, rows)
    is_file = response.status_code == 200 and response.headers.get("Content-Disposition", "").startswith("attachment")
    is_whole = (
        response.status_code == 200 and place.name in NARROW_PAGES and response.request["REQUEST_METHOD"] == "GET"
    )
    if is_file or is_whole:
        assert [(one["kind"], one["person"], one["door"]) for one in left] == [
            ("export" if is_file else "read", person, f"page:{place.name}")
        ], (where, left)
    else:
        assert {one["kind"] for one in left} <= {"read"}, (where, left)
    return response
