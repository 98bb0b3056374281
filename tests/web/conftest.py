"""The small world in a test's database, a browserless client for each seat, and Chromium for journeys."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from playwright.sync_api import Browser, Page
from pytest_django.plugin import DjangoDbBlocker
from tests.conftest import PROOF
from tests.kept import made_once
from tests.web.assigned import Assigning
from tests.web.browser import WIDE, Served, make_site, serving
from tests.web.furnished import Furnished, furnish
from tests.web.told import always_told
from tests.web.world import World, build, office_settings

from tienbo.collection.manifest import Stores
from tienbo.engine.facts import FactStore
from tienbo.ground.files import FileStore


@pytest.fixture(scope="session", autouse=True)
def every_answer_is_looked_at() -> Iterator[None]:
    """T29: headers and cookies of every answer that any test of pages and programs gets."""
    ask = Client.request  # what tries posts stays in between, where tests of programs came before those of pages

    def told(self: Client, **request: object) -> HttpResponse:
        response: HttpResponse = ask(self, **request)
        always_told(response)
        return response

    with patch.object(Client, "request", told):
        yield


def _stores(folder: Path) -> Stores:
    return Stores(FileStore(folder / "files"), FactStore(folder / "facts"))


EVERY_POST = Assigning()


@pytest.fixture(scope="session", autouse=PROOF or bool(os.environ.get("TIENBO_POSTS")))
def every_post_is_tried_with_more() -> Iterator[None]:
    """T25: every post that any test of pages and programs makes and that comes through, with every field there is; with
    TIENBO_POSTS beside the usual counts of everything else."""
    with EVERY_POST.watching() as tries:
        yield
    print(f"T25: {len(tries.tried)} tried, {len(tries.effective)} effective, {tries.fields} fields")
    print(f"T25: refused {tries.refused}; strict {len(tries.strict)}; offered {tries.offered}")
    print("T25 written:", *(f"{at}: {what}" for at, what in tries.written.items()), sep="\n", flush=True)
    assert tries.written == {}


QUICK_PASSWORDS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="module")
def opened(request: pytest.FixtureRequest) -> None:
    """Chromium, before the database, in files that need both: once Playwright's loop stands in this thread, Django
    hands out another connection than before, and what was begun on the first could not be taken back."""
    here = [item for item in request.session.items if item.path == request.path]
    if any("browser" in getattr(item, "fixturenames", ()) for item in here):
        request.getfixturevalue("browser")


@pytest.fixture(scope="module")
def built(
    opened: None,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[World, Path]]:
    """The world and its folder, as new for the tests of a file and taken back after the last of them."""
    folder = tmp_path_factory.mktemp("world")
    quick = override_settings(PASSWORD_HASHERS=QUICK_PASSWORDS)
    with django_db_blocker.unblock(), quick, made_once("world", folder, lambda: build(_stores(folder))) as made:
        yield made, folder


@pytest.fixture
def world(built: tuple[World, Path], db: None, tmp_path: Path, settings: object) -> World:
    """The world, in folders of the test's own, and an office whose home is its first province."""
    made, folder = built
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    settings.PASSWORD_HASHERS = QUICK_PASSWORDS  # type: ignore[attr-defined]
    settings.OFFICE = office_settings(tmp_path, made.province.key)  # type: ignore[attr-defined]
    return replace(deepcopy(made), stores=_stores(tmp_path))  # what a test does to a unit or user stays its own


@pytest.fixture
def sit(world: World) -> Callable[[str], Client]:
    """A client signed in as whoever holds a seat: `sit("office").get("/2026-H1/")`."""

    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(world.users[name])
        return client

    return signed_in


@pytest.fixture(scope="module")
def furnished(
    opened: None,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Furnished]:
    """The world after both offices did a day's work in it, as new for the tests of a file: what one of them changes in
    the database is taken back after it."""
    folder = tmp_path_factory.mktemp("furnished")

    def make() -> Furnished:
        made = build(_stores(folder))
        with override_settings(OFFICE=office_settings(folder, made.province.key)):
            return furnish(made)

    quick = override_settings(PASSWORD_HASHERS=QUICK_PASSWORDS)
    with django_db_blocker.unblock(), quick, made_once("furnished", folder, make) as made:
        world = replace(made.world, stores=_stores(folder))
        with override_settings(OFFICE=office_settings(folder, world.province.key)):
            yield replace(made, world=world)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The real server on the small world, one for the session: a journey leaves what others rest on as it was."""
    folder = tmp_path_factory.mktemp("served") / "site"
    with serving(folder, make_site(folder)) as running:
        yield running


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A page of its own context, wide; whatever the console complains of fails the test."""
    context = browser.new_context(viewport=WIDE, locale="en-US")  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda broken: complaints.append(str(broken)))
    yield page
    context.close()
    unexpected = [one for one in complaints if "status of 4" not in one]
    assert not unexpected, unexpected
