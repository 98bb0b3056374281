"""What the tests of every room share. Tests marked `database` run on SQLite, and again on PostgreSQL by
`scripts/test-postgresql`."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.db import connection, connections


@pytest.fixture
def transactional_schema(db: None) -> Iterator[None]:
    """Lets a test change tables inside its transaction: SQLite's schema editor wants foreign keys unchecked.

    Everything is rolled back with the test.
    """
    if connection.vendor != "sqlite":
        yield
        return
    # PRAGMA foreign_keys has no effect inside a transaction, so the editor's own test is satisfied instead.
    with patch.object(type(connections["default"]), "disable_constraint_checking", lambda _self: True):
        yield
