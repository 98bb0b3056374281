"""What drills in processes of their own share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture
def drill_database() -> Iterator[str]:
    """The words that make a site on the database under test: "" for SQLite, a new one's address on PostgreSQL's run."""
    server, name = os.environ.get("TIENBO_DATABASE", ""), f"drill_{os.getpid()}"
    if not server:
        yield ""
        return
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield f"{server.rpartition('/')[0]}/{name}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
