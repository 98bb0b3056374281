"""What the tests of every room share. Tests marked `database` run on SQLite, and again on PostgreSQL by
`scripts/test-postgresql`."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection, connections
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser
from tests.web.browser import chromium
from xdist.scheduler import LoadScopeScheduling

from tienbo.ground.reach import reaching_everywhere

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
"""Playwright's loop stands in the thread of the tests once a browser was opened; nothing here runs in it."""
PROOF = bool(os.environ.get("TIENBO_PROOF"))
ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT.parent / "shared" / "domain"
"""The domain files that lie beside the project in one workshop only: tests that read them skip where they do not."""

settings.register_profile("test", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("proof", max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("proof" if PROOF else "test")


def pytest_sessionstart(session: pytest.Session) -> None:
    """A test acts as a command does, wherever it does not go through a page."""
    session.stash[_reaching] = held = ExitStack()
    held.enter_context(reaching_everywhere("tests are the operator's"))


_reaching = pytest.StashKey[ExitStack]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Full counts run in `make proof` only."""
    if not PROOF:
        kept = [item for item in items if item.get_closest_marker("proof") is None]
        left = [item for item in items if item.get_closest_marker("proof") is not None]
        config.hook.pytest_deselected(items=left)
        items[:] = kept
    items.sort(key=lambda item: LONGEST.index(scope) if (scope := scope_of(item.nodeid)) in LONGEST else len(LONGEST))


MADE_ONCE = re.compile(r"\b(served|viet_nam|road): ")
"""Fixtures that take seconds to make and stand for a whole session."""


LONGEST = (
    "served",
    "road",
    "tests/web/test_access.py",
    "tests/web/test_templates.py",
    "tests/project/test_serve.py",
    "tests/project/test_province.py",
    "tests/journeys/test_troubles.py",
    "viet_nam",
)
"""Begun first, the longest of them first, so that what is left to the end is short and the processes end together."""


def scope_of(nodeid: str) -> str:
    """What one process runs: a file, whose tests share what it makes, or all files that rest on one of MADE_ONCE."""
    return _scope_of_file(nodeid.partition("::")[0])


@cache
def _scope_of_file(file: str) -> str:
    found = MADE_ONCE.search((ROOT / file).read_text(encoding="utf-8"))
    return found[1] if found else file


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of domain files; skips where it is absent."""
    if not REFERENCE.is_dir():
        pytest.skip("the domain files are not beside this checkout")
    return REFERENCE


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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one Chromium of this process: Playwright cannot be started twice in it."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str]]:
    """The words that make a site on the database under test: "" for SQLite, an address on PostgreSQL's run."""
    server = os.environ.get("TIENBO_DATABASE", "")
    made: list[str] = []

    def new() -> str:
        if not server:
            return ""
        import psycopg

        name = f"journey_{os.getpid()}_{len(made)}"
        made.append(name)
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))

    yield new
    if made:
        import psycopg

        with psycopg.connect(server, autocommit=True) as connection:
            for name in made:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def small_disk() -> Iterator[Path | None]:
    """A folder on a file system of its own that can be filled to the last byte; None where it cannot be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="tienbo-disk-"))  # a short name: the server's socket is in it
    folder.chmod(0o755)  # the server is another account's
    words = ["mount", "-t", "tmpfs", "-o", "size=400m,mode=0755", "tmpfs", str(folder)]
    is_mounted = os.geteuid() == 0 and not subprocess.run(words, capture_output=True, check=False).returncode
    try:
        yield folder if is_mounted else None
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()
