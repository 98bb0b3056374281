"""What the tests of every room share. Tests marked `database` run on SQLite, and again on PostgreSQL by
`scripts/test-postgresql`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import connection, connections
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser
from tests.web.browser import chromium

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
"""Playwright's loop stands in the thread of the tests once a browser was opened; nothing here runs in it."""
PROOF = bool(os.environ.get("TIENBO_PROOF"))
ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT.parent / "shared" / "domain"
"""The domain files that lie beside the project in one workshop only: tests that read them skip where they do not."""

settings.register_profile("test", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("proof", max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("proof" if PROOF else "test")


@pytest.hookimpl(tryfirst=True)  # before the processes tell which groups they found
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Full counts run in `make proof` only; and which process runs what."""
    if not PROOF:
        kept = [item for item in items if item.get_closest_marker("proof") is None]
        left = [item for item in items if item.get_closest_marker("proof") is not None]
        config.hook.pytest_deselected(items=left)
        items[:] = kept
    groups = _groups(items)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(groups[item.path]))


MADE_ONCE = ("served", "national_file", "road")
"""What takes seconds to make and stands for a whole session: the files that rest on one of these go to one process."""


def _groups(items: list[pytest.Item]) -> dict[Path, str]:
    """Which tests one process runs: those of a file together, so that what a file makes is made once."""
    asked: dict[Path, set[str]] = {}
    for item in items:
        asked.setdefault(item.path, set()).update(getattr(item, "fixturenames", ()))
    return {
        path: next((one for one in MADE_ONCE if one in names), str(path.relative_to(ROOT)))
        for path, names in asked.items()
    }


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
