"""T36: secrets that people and programs send stand in no log, no journal, no address, no name and no answer; T33: what
they write stands on pages as they wrote it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from tests.conftest import PROOF
from tests.fuzz.payloads import PAYLOADS
from tests.registers.test_registers import CLASS
from tests.web.parsed import Parsed
from tests.web.world import PERIOD, World

from tienbo.accounts.actors import operator
from tienbo.catalogue.loading import load
from tienbo.registers.services import record_add

pytestmark = [pytest.mark.database, pytest.mark.django_db]
CANARIES = 500 if PROOF else 30
TABLES = ("ground_history", "ground_journalevent", "ground_journalmention", "accounts_signinfailures", "django_session")


def canary(number: int) -> str:
    return f"Chim-Yen-{number:04d}-bi-mat-9Q"


def test_no_secret_stands_in_a_log_a_journal_an_address_or_an_answer(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    told: list[str] = []

    def kept(response: object) -> None:
        told.append(str(getattr(response, "headers", "")))
        told.append(response.content.decode(errors="replace"))  # type: ignore[attr-defined]

    office = Client()
    office.force_login(world.users["office"])
    office.raise_request_exception = False
    for number in range(CANARIES):
        cache.clear()
        said = canary(number)
        what = number % 8
        if what == 0:
            kept(Client().post("/sign-in/", {"login": f"nobody{number}", "password": said}))
        elif what == 1:
            kept(Client().post("/sign-in/", {"login": said, "password": "x"}))
        elif what == 2:
            kept(office.post("/password/", {"oldpassword": said, "password1": said, "password2": said + "x"}))
        elif what == 3:
            kept(office.post("/unlock/", {"password": said}))
        elif what == 4:
            kept(Client().post("/second-factor/code/", {"code": said}))
        elif what == 5:
            office.cookies["sessionid_other"] = said
            kept(office.get(f"/{PERIOD.code}/units/", headers={"X-CSRFToken": said, "Authorization": f"Bearer {said}"}))
        elif what == 6:
            kept(office.post("/khong-co/", {"password": said}))
        else:
            kept(office.post("/api/v1/registers/x/records", said, content_type="application/json",
                             headers={"X-CSRFToken": said}))  # fmt: skip
    noted = settings.OFFICE.noted
    for file in (one for one in noted.rglob("*") if one.is_file()):
        told += [file.name, file.read_text(encoding="utf-8", errors="replace")]
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table}")
            told += [str(row) for row in cursor.fetchall()]
    everything = "\n".join((*told, caplog.text))
    # The name that somebody tried to sign in with is put back into its field, for who typed it alone.
    back = [number for number in range(CANARIES) if canary(number) in everything and number % 8 != 1]
    assert back == []
    assert "Chim-Y" not in caplog.text


def test_what_people_write_is_text_on_pages(world: World, sit: Callable[[str], Client]) -> None:
    """A record for each payload: the list and the records have no element that harmless words have not."""
    edition = load("vn")
    kind = edition.registers["training.class"]
    given = {"edition": edition, "kind": kind, "actor": operator("thử nghiệm"), "unit": world.communes[0]}
    plain = record_add(typed={**CLASS, "subject": "Chữ", "place": "Chữ"}, **given)  # type: ignore[arg-type]
    client, at = sit("preparer"), f"/{PERIOD.code}/registers/training.class/"
    usual = _shape(client.get(f"{at}{plain.key}/").content.decode())
    for text in PAYLOADS[:: 1 if PROOF else 20]:
        made = record_add(typed={**CLASS, "subject": text, "place": text}, **given)  # type: ignore[arg-type]
        page = client.get(f"{at}{made.key}/").content.decode()
        assert _shape(page) <= usual, (text, _shape(page) - usual)
    listed = client.get(at).content.decode()
    assert not any(name.startswith("on") for _tag, names in _shape(listed) for name in names)


def _shape(page: str) -> set[tuple[str, tuple[str, ...]]]:
    """Elements with the names of their attributes, and where those that lead or run something lead to."""
    return {
        (one.tag, (*sorted(one.attributes), *(one.attributes.get(name, "")[:11] for name in ("src", "action"))))
        for one in Parsed(page).elements
    }
