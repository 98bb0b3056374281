"""The two maps of Viet Nam, loaded once a session into a database file of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.db.utils import load_backend


@contextmanager
def _standing_in(path: Path) -> Iterator[None]:
    """The file as the default database of this process, whatever the others run on."""
    before = connections["default"]
    settings = {
        **before.settings_dict,
        "ENGINE": "tienbo.ground.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {},
    }
    made = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, "default")
    connections["default"] = made
    try:
        yield
    finally:
        made.close()
        connections["default"] = before


@pytest.fixture(scope="session")
def national_file(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Path:
    """Both maps of the nation, and what is entered by hand of earlier days: written once, read by many."""
    from tienbo.units.vietnam import national_load

    path = tmp_path_factory.mktemp("units") / "viet-nam.sqlite3"
    with django_db_blocker.unblock(), _standing_in(path):
        call_command("migrate", verbosity=0, interactive=False)
        national_load()
    return path


@pytest.fixture(scope="module")
def viet_nam(national_file: Path, django_db_blocker: Any) -> Iterator[None]:
    """The whole country as the database of a module. Its tests read; what they write they roll back."""
    with django_db_blocker.unblock(), _standing_in(national_file):
        yield
