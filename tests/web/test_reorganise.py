"""The pages of reorganisations, the life of a unit, and search by any name or code a unit ever had."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import Page
from tests.web.browser import NARROW, Served, sign_in
from tests.web.test_signing_in import serious
from tests.web.test_unit import words
from tests.web.world import CANARY_NAME, World

from tienbo.processes.reorganise_sheet import sheet_blank
from tienbo.units.models import Grant, Reorganisation, ReorganisationSheet, Unit
from tienbo.units.queries import unit_find
from tienbo.units.services import unit_code

Sit = Callable[[str], Client]
DAY = date(2026, 3, 1)
ACT = {"number": "12/NQ-HĐND", "title": "Sắp xếp xã", "effective": "01/03/2026", "source": "Công báo"}
NEW = {"event": "nhập", "after_is": "mới", "after": "Xã Tâm Lạc", "after_under": "Tỉnh Vĩnh An", "extent": "toàn bộ"}
ROWS = [{**NEW, "before": "Xã Đồng Tâm"}, {**NEW, "before": "Xã Hòa Lạc"}]


def sheet(*rows: Mapping[str, str], **head: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("biểu.xlsx", sheet_blank(head={**ACT, **head}, rows=rows or ROWS))


def check(client: Client, *rows: Mapping[str, str], **head: str) -> HttpResponse:
    return client.post("/reorganisations/check/", {"file": sheet(*rows, **head)})  # type: ignore[return-value]


def token(page: HttpResponse) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


def confirm(client: Client, page: HttpResponse) -> HttpResponse:
    return client.post("/reorganisations/confirm/", {"token": token(page)}, follow=True)  # type: ignore[return-value]


@pytest.mark.django_db
def test_a_sheet_is_shown_and_then_carried_out_by_who_confirms_it(world: World, sit: Sit) -> None:
    office = sit("office")
    shown = check(office)
    assert shown.status_code == 200
    said = words(shown)
    for part in ("Xã Đồng Tâm", "Xã Tâm Lạc", "Chưa thay đổi gì", "Người giữ ghế preparer", "báo cáo kết thúc"):
        assert part in said
    assert Reorganisation.objects.count() == 0
    done = confirm(office, shown)
    assert "12/NQ-HĐND" in words(done)
    new = unit_find("Xã Tâm Lạc", DAY)
    assert ReorganisationSheet.objects.get().actor == str(world.users["office"])
    assert {one.user.username for one in Grant.objects.filter(unit=new)} == {"preparer", "head"}
    again = confirm(office, shown)
    assert again.status_code == 422
    assert "không thực hiện hai lần" in words(again)
    assert Unit.objects.filter(names__text="Xã Tâm Lạc").count() == 1


@pytest.mark.django_db
def test_faults_are_told_with_their_cells_and_nothing_is_changed(world: World, sit: Sit) -> None:
    wrong = check(sit("office"), {**ROWS[0], "after_code": "12345"}, {**ROWS[1], "before": "Xã Không Có"})
    assert wrong.status_code == 422
    assert "Biểu sắp xếp!K12" in words(wrong)
    assert "Biểu sắp xếp!B13" in words(wrong)
    assert sit("office").post("/reorganisations/check/").status_code == 422
    assert Reorganisation.objects.count() == 0


@pytest.mark.django_db
def test_what_changed_since_is_shown_anew_and_another_person_confirms_nothing(world: World, sit: Sit) -> None:
    office = sit("office")
    shown = check(office)
    assert sit("administrator").post("/reorganisations/confirm/", {"token": token(shown)}).status_code == 404
    assert office.post("/reorganisations/confirm/", {"token": "none"}).status_code == 404
    unit_code(unit=world.communes[0], scheme="gso", code="98001", on=date(2026, 1, 1))
    anew = confirm(office, shown)
    assert anew.status_code == 422
    assert "đã thay đổi từ khi" in words(anew)
    assert confirm(office, anew).status_code == 200
    assert Reorganisation.objects.count() == 1


@pytest.mark.django_db
def test_an_office_cannot_redraw_another_province(world: World, sit: Sit) -> None:
    row = {"event": "đổi tên", "before": f"{CANARY_NAME} A", "after": "Xã Khác"}
    refused = check(sit("office"), row)
    assert refused.status_code == 422
    assert "không trực thuộc" in words(refused)
    confirm(sit("other_office"), check(sit("other_office"), row))
    assert CANARY_NAME not in words(sit("office").get("/reorganisations/"))


@pytest.mark.django_db
def test_the_blank_is_a_workbook_in_which_every_column_is_found(world: World, sit: Sit) -> None:
    blank = sit("office").get("/reorganisations/blank.xlsx")
    assert blank.content[:4] == b"PK\x03\x04"
    sent = SimpleUploadedFile("trống.xlsx", blank.content)
    told = sit("office").post("/reorganisations/check/", {"file": sent})
    assert "chưa nêu việc của đơn vị nào" in words(told)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_the_life_of_a_unit_of_before_and_after(world: World, sit: Sit) -> None:
    office = sit("office")
    confirm(office, check(office))
    new = unit_find("Xã Tâm Lạc", DAY)
    after = words(office.get(f"/unit/{new.key}/"))
    assert "Quá trình của đơn vị" in after
    for part in ("01/3/2026", "12/NQ-HĐND", "Xã Đồng Tâm", "Xã Hòa Lạc", "toàn bộ"):
        assert part in after
    old = words(office.get(f"/unit/{world.communes[0].key}/"))
    assert "Xã Tâm Lạc" in old
    assert "đến hết ngày 28/02/2026" in old
    here = words(office.get(f"/unit/{new.key}/?on=2026-02-01"))
    assert "Trên địa bàn này ngày 01/02/2026" in here
    assert "100%" in here
    assert "không phải là ngày" in words(office.get(f"/unit/{new.key}/?on=hôm qua"))
    before = words(office.get(f"/unit/{world.communes[0].key}/?on=01/06/2026"))
    assert "Trên địa bàn này ngày 01/6/2026 Đơn vị" in before.replace("  ", " ")


@pytest.mark.django_db
def test_search_finds_a_unit_by_any_code_it_held_and_says_the_days(world: World, sit: Sit) -> None:
    unit_code(unit=world.communes[0], scheme="gso", code="17098", on=date(2025, 8, 1))
    unit_code(unit=world.communes[0], scheme="gso", code="17179", on=date(2026, 2, 1))
    unit_code(unit=world.communes[1], scheme="gso", code="17098", on=date(2026, 2, 1))
    office = sit("office")
    both = words(office.get("/2026-H1/units/?q=17098"))
    assert "Xã Hòa Lạc" in both
    assert "Xã Đồng Tâm" in both
    assert "đến hết ngày 31/01/2026" in both
    now = words(office.get("/2026-H1/units/?q=17179"))
    assert "Xã Đồng Tâm" in now
    assert "mọi ngày" not in now
    unit_code(unit=world.other_communes[0], scheme="gso", code="17200", on=date(2026, 2, 1))
    assert CANARY_NAME not in words(office.get("/2026-H1/units/?q=17200"))


@pytest.mark.django_db
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_pages_speak_both_languages(world: World, sit: Sit, lang: str) -> None:
    office = sit("office")
    office.cookies["tienbo_lang"] = lang
    shown = check(office)
    assert ("Units that close" in words(shown)) == (lang == "en")
    confirm(office, shown)
    page = office.get(f"/unit/{world.communes[0].key}/?on=2026-05-01")
    assert ("Its life" in words(page)) == (lang == "en")
    back = re.search(r'name="next" value="([^"]+)"', page.content.decode())
    assert back
    assert back[1] == f"/unit/{world.communes[0].key}/?on=2026-05-01"
    other = office.post("/language/", {"lang": "en", "next": "[]"})
    assert (other.status_code, other.headers["Location"]) == (302, "/")


@pytest.mark.browser
def test_the_journey_of_a_sheet_in_a_browser(served: Served, tab: Page) -> None:
    """Down to where it would be carried out: the served world stays as it was for others."""
    sign_in(tab, served, "office")
    tab.goto(f"{served.address}/reorganisations/")
    assert serious(tab) == []
    tab.set_input_files("#file", {"name": "biểu.xlsx", "mimeType": "application/x", "buffer": sheet().read()})
    tab.click("main form button")
    tab.wait_for_selector("text=Đơn vị kết thúc")
    assert serious(tab) == []
    tab.set_viewport_size(NARROW)  # type: ignore[arg-type]
    assert tab.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    tab.goto(f"{served.address}/unit/{served.units['commune0']}/?on=2026-01-01")
    assert serious(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    tab.click("button[name=lang]")
    tab.wait_for_selector("text=Its life")
