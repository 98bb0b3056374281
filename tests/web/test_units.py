"""The list of units a seat may read, and receipts checked without an account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from tests.web.test_unit import book, rows, send, words
from tests.web.world import CANARY_NAME, PERIOD, World

from tienbo.collection.models import Receipt, Return
from tienbo.ground.files import sha256
from tienbo.units.models import GSO
from tienbo.units.services import unit_code, unit_end
from tienbo.web.receipt import normal

Sit = Callable[[str], Client]
LIST = f"/{PERIOD}/units/"


def names(client: Client, query: str = "", period: object = PERIOD) -> list[str]:
    """The units on the list, in its order."""
    return [row[0] for row in rows(client.get(f"/{period}/units/{query}"))][1:]


def test_the_list_has_the_units_of_the_seat_offices_first_with_their_states(world: World, sit: Sit) -> None:
    found = {row[0]: row[1] for row in rows(sit("office").get(LIST))}
    assert list(found)[1:] == ["Sở Nội vụ", "Tỉnh Vĩnh An", "Phường Bến Thóc", "Xã Đồng Tâm", "Xã Hòa Lạc"]
    assert found["Xã Đồng Tâm"] == "Đã tiếp nhận"
    assert found["Tỉnh Vĩnh An"] == "không phải gửi báo cáo số liệu" or "tiếp nhận" not in found["Tỉnh Vĩnh An"]


def test_a_preparer_sees_their_own_unit_only(world: World, sit: Sit) -> None:
    assert names(sit("preparer")) == ["Xã Đồng Tâm"]


def test_units_are_found_with_and_without_marks_by_code_and_by_state(world: World, sit: Sit) -> None:
    client = sit("office")
    unit_code(unit=world.communes[2], scheme=GSO, code="97403", on=date(2025, 8, 1))
    assert names(client, "?q=Hòa") == ["Xã Hòa Lạc"]
    assert names(client, "?q=hoa+lac") == ["Xã Hòa Lạc"]
    assert names(client, "?q=97403") == ["Phường Bến Thóc"]
    assert names(client, "?kind=department") == ["Sở Nội vụ"]
    assert names(client, "?state=received&q=xa") == ["Xã Đồng Tâm", "Xã Hòa Lạc"]
    assert names(client, "?state=sent") == []


def test_units_of_another_province_are_not_found_under_any_name(world: World, sit: Sit) -> None:
    for typed in (CANARY_NAME, "chim yen", world.other_communes[0].key):
        page = sit("office").get(LIST, {"q": typed})
        assert names(sit("office"), f"?q={typed}") == []
        assert f"/unit/{world.other_communes[0].key}" not in page.content.decode()


def test_odd_questions_get_an_answer_in_words(world: World, sit: Sit) -> None:
    client = sit("office")
    for query in ("?q=" + "x" * 3000, "?kind=spaceship&state=lost", "?page=999", "?page=-1", "?page=abc", "?q=%00"):
        assert client.get(LIST + query).status_code == 200, query
    page = client.get(LIST, {"q": "<script>alert(1)</script>"})
    assert "<script>alert" not in page.content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.content.decode()


def test_an_older_map_has_the_units_of_its_day(world: World, sit: Sit) -> None:
    unit_end(unit=world.communes[1], on=date(2026, 3, 1))
    client = sit("office")
    assert "Xã Hòa Lạc" in names(client, period="2025-H2")
    assert "Xã Hòa Lạc" not in names(client)


def test_the_address_without_a_period_leads_to_the_newest(world: World, sit: Sit) -> None:
    answer = sit("office").get("/units/?q=đồng")
    assert answer.headers["Location"].startswith(f"{LIST}?q=")
    assert names(sit("office"), answer.headers["Location"].removeprefix(LIST)) == ["Xã Đồng Tâm"]


# ---------------------------------------------------------------------------------------------------------- receipts


def test_a_receipt_is_checked_without_an_account_and_says_no_more_than_it_is(world: World, sit: Sit) -> None:
    home = world.communes[0]
    sent = book(home)
    send(sit("preparer"), home, sent)
    latest = Return.objects.get(unit=home, campaign__period_code=PERIOD.code).latest
    assert latest is not None
    page = Client().get("/receipt/", {"code": latest.receipt.code})
    said = words(page)
    for expected in ("Xã Đồng Tâm", "6 tháng đầu năm 2026", latest.receipt.code, sha256(sent)):
        assert expected.lower() in said.lower(), expected
    for hidden in ("Lê Thị Mây", "Người giữ ghế", "bieu.xlsx", latest.sha256, home.key):
        assert hidden not in page.content.decode(), hidden


def test_a_code_is_understood_however_it_is_spaced(world: World) -> None:
    code = Receipt.objects.order_by("id").first().code  # type: ignore[union-attr]
    for typed in (code.lower(), code.replace("-", ""), code.replace("-", " "), f"  {code}\n", " ".join(code)):
        assert Client().get("/receipt/", {"code": typed}).status_code == 200, typed


@pytest.mark.parametrize("typed", ["AAAAA-AAAAA", "1", "' OR 1=1 --", "x" * 500, "%", "\x00"])
def test_a_code_nobody_was_given_is_told_so(db: None, world: World, typed: str) -> None:
    page = Client().get("/receipt/", {"code": typed})
    assert page.status_code == 404
    assert 'role="alert"' in page.content.decode()


def test_a_code_of_other_letters_is_no_code() -> None:
    assert normal("ABCDE 23456") == "ABCDE-23456"
    assert normal("ABCDE-2345") == ""
    assert normal("ABCDE-2345é") == ""
