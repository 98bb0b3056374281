"""The small world in a test's database, a browserless client for each seat, and Chromium for journeys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from tests.web.world import PASSWORD, World, build, office_settings
from tienbo.collection.manifest import Stores
from tienbo.engine.facts import FactStore
from tienbo.ground.files import FileStore


@pytest.fixture
def world(db: None, tmp_path: Path, settings: object) -> World:
    """The world, and an office whose home is its first province."""
    made = build(Stores(FileStore(tmp_path / "files"), FactStore(tmp_path / "facts")))
    settings.OFFICE = office_settings(tmp_path, made.province.key)  # type: ignore[attr-defined]
    return made


@pytest.fixture
def sit(world: World) -> Callable[[str], Client]:
    """A client signed in as whoever holds a seat: `sit("office").get("/2026-H1/")`."""

    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(world.users[name])
        return client

    return signed_in


@pytest.fixture
def password() -> Iterator[str]:
    yield PASSWORD
