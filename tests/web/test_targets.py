"""Targets: the heat table and the working table, on figures worked out by hand.

In the small world a whole is n and its part n − 1. In the first half of 2026 the communes Đồng Tâm, Hòa Lạc and Bến
Thóc told 13, 20 and 27: of the victims found 12, 19 and 26 were served, 57 of 60 in the province.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page
from tests.web.browser import NARROW, WIDE, Served, sign_in
from tests.web.reading import rows, words
from tests.web.test_signing_in import serious
from tests.web.world import BEGAN, PERIOD, World, say

from tienbo.units.models import Role
from tienbo.units.services import grant_give
from tienbo.web.downloads import inert

Sit = Callable[[str], Client]
TARGETS = "/2026-H1/targets/"


def heat(client: Client, query: str = "") -> dict[str, list[str]]:
    """Unit → the words of its cells."""
    found = rows(client.get(f"{TARGETS}?{query}"))
    return {name: cells for name, *cells in found[1:]}


def test_units_stand_in_the_order_of_print_the_own_one_first(world: World, sit: Sit) -> None:
    names = list(heat(sit("office"), "group=nsge.1"))
    assert names == ["Tỉnh Vĩnh An", "Sở Nội vụ", "Phường Bến Thóc", "Xã Đồng Tâm", "Xã Hòa Lạc"]


def test_a_cell_has_its_value_and_its_verdict_in_words(world: World, sit: Sit) -> None:
    say(world, world.province, world.communes[2], PERIOD, start=9)  # 8 of 9, and 39 of 42 in the province
    found = heat(sit("office"), "group=nsge.3")
    assert found["Phường Bến Thóc"][0] == "88,9 chưa đạt"  # asked: 90 by 2030
    assert found["Xã Đồng Tâm"][0] == "92,3 đạt"
    assert found["Xã Hòa Lạc"][0] == "95,0 đạt"
    assert found["Tỉnh Vĩnh An"][0] == "92,9 đạt"
    head = rows(sit("office").get(f"{TARGETS}?group=nsge.3"))[0][1]
    assert "≥ 90 (năm 2030)" in head


def test_how_many_units_meet_a_target_is_counted_without_the_province_itself(world: World, sit: Sit) -> None:
    say(world, world.province, world.communes[2], PERIOD, start=9)
    client = sit("office")
    client.cookies["tienbo_lang"] = "en"
    assert "Units: 2 met, 1 not met yet" in words(client.get(f"{TARGETS}?group=nsge.3"))


def test_not_due_missing_and_not_asked_are_three_things(world: World, sit: Sit) -> None:
    client = sit("office")
    client.cookies["tienbo_lang"] = "en"
    health = heat(client, "group=nsge.4")
    # Births are told each half-year by a department of health, which this province has not; births of girls once a
    # year. A commune is asked neither, and neither is set for it.
    assert health["Tỉnh Vĩnh An"] == ["no data yet", "no data yet", "not yet due for collection"]
    assert list(health) == ["Tỉnh Vĩnh An"]
    leaders = heat(client, "group=nsge.1")
    assert leaders["Sở Nội vụ"] == ["no data yet"]  # it owes the figure, and the target is not set for a department


def test_a_value_of_a_unit_the_target_is_not_set_for_gets_no_verdict(world: World, sit: Sit) -> None:
    say(world, world.province, world.department, PERIOD, start=9)
    client = sit("office")
    client.cookies["tienbo_lang"] = "en"
    assert heat(client, "group=nsge.1")["Sở Nội vụ"] == ["100.0 no target at this level"]


def test_the_table_is_narrowed_by_level_provider_and_a_name_without_marks(world: World, sit: Sit) -> None:
    client = sit("office")
    assert "Sở Nội vụ" not in heat(client, "group=nsge.1&level=commune")
    assert list(heat(client, "group=nsge.1&level=department")) == ["Tỉnh Vĩnh An", "Sở Nội vụ"]
    assert list(heat(client, "group=nsge.1&q=dong+tam")) == ["Tỉnh Vĩnh An", "Xã Đồng Tâm"]
    (head, *_rest) = rows(client.get(f"{TARGETS}?provider=Ủy+ban+bầu+cử"))
    assert len(head) == 2
    assert "Ủy ban bầu cử" in head[1]


@pytest.mark.parametrize(
    "query", ["group=nothing", "level=x&provider=y&page=abc", "page=99", "q=" + "%" * 50, "group="]
)
def test_what_is_not_a_choice_is_not_taken_for_one(world: World, sit: Sit, query: str) -> None:
    answer = sit("office").get(f"{TARGETS}?{query}")
    assert answer.status_code == 200
    assert "Tỉnh Vĩnh An" in words(answer)


def test_a_commune_sees_its_own_row_and_no_other_name(world: World, sit: Sit) -> None:
    assert list(heat(sit("preparer"), "group=nsge.3")) == ["Xã Đồng Tâm"]
    text = words(sit("preparer").get(TARGETS))
    assert "Hòa Lạc" not in text
    assert "Vĩnh An" not in text


def test_a_guest_sees_what_is_open_and_is_told_that_the_rest_is_not(world: World, sit: Sit) -> None:
    closed = heat(sit("partner"), "group=nsge.3")  # violence: C3
    assert closed["Xã Đồng Tâm"][0] == closed["Tỉnh Vĩnh An"][0] == "hạn chế"
    opened = heat(sit("partner"), "group=nsge.1")
    assert opened["Tỉnh Vĩnh An"] == ["100,0 đạt"]
    assert sit("partner").get(TARGETS).context["working"] == ""


def test_a_part_is_asked_for_and_only_the_part_comes(world: World, sit: Sit) -> None:
    part = sit("office").get(f"{TARGETS}?group=nsge.3", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "92,3" in part


def test_a_definition_that_was_not_seen_is_marked_on_the_screen(world: World, sit: Sit) -> None:
    client = sit("office")
    client.cookies["tienbo_lang"] = "en"
    head = rows(client.get(f"{TARGETS}?group=nsge.6"))[0]
    marked = {cell.partition(" Plan:")[0][:40]: "not checked against the original text" in cell for cell in head[1:]}
    assert any(marked.values())
    assert "not checked" not in rows(client.get(f"{TARGETS}?group=nsge.1"))[0][1]


def test_a_period_before_the_unit_began_says_so(world: World, sit: Sit) -> None:
    answer = sit("office").get("/2024-H2/targets/")
    assert answer.status_code == 200
    assert "14/12/2024" in words(answer)
    assert sit("office").get("/1950-H1/targets/").status_code == 404


# ---------------------------------------------------------------------------------------------- the working table


def working(client: Client, key: str, period: str = "2026-H1") -> dict[str, list[str]]:
    found = rows(client.get(f"/{period}/targets/{key}/"))
    return {row[1]: row for row in found if len(row) == 9}


def test_the_working_table_says_what_the_paper_says(world: World, sit: Sit) -> None:
    table = working(sit("office"), world.province.key)
    served = next(row for name, row in table.items() if name.startswith("Tỷ lệ người bị bạo lực gia đình"))
    # 57 of 60; 95 of 90 is 105,55…; a year ago the communes were others.
    assert served[4:7] == ["≥ 90 (năm 2030)", "95,0", "105,6"]
    assert served[7] == "chưa so sánh được"
    agriculture = next(row for name, row in table.items() if name.startswith("Tỷ trọng lao động nữ"))
    assert agriculture[4:8] == ["< 25 (năm 2030)", "chưa đến kỳ thu thập", "–", "–"]


def test_the_working_table_of_a_commune_is_its_own(world: World, sit: Sit) -> None:
    table = working(sit("preparer"), world.communes[0].key)
    served = next(row for name, row in table.items() if name.startswith("Tỷ lệ người bị bạo lực gia đình"))
    assert served[5] == "92,3"  # 12 of 13
    assert sit("preparer").get(f"/2026-H1/targets/{world.communes[1].key}/").status_code == 404
    assert sit("partner").get(f"/2026-H1/targets/{world.province.key}/").status_code == 404


def test_a_person_of_two_seats_reads_a_unit_from_the_seat_it_stands_under(world: World, sit: Sit) -> None:
    """Acting from the commune, of which the province is no part: the link to the province's table still works."""
    grant_give(user=world.users["preparer"], unit=world.province, role=Role.OFFICE, begins=BEGAN)
    client = sit("preparer")
    client.post("/seat/", {"seat": world.communes[0].key})
    table = working(client, world.province.key)
    served = next(row for name, row in table.items() if name.startswith("Tỷ lệ người bị bạo lực gia đình"))
    assert served[5] == "95,0"


def test_a_department_has_no_targets_of_its_own_and_is_told_why(world: World, sit: Sit) -> None:
    client = sit("department")
    client.cookies["tienbo_lang"] = "en"
    assert "No target is set" in words(client.get(f"/2026-H1/targets/{world.department.key}/"))


def test_the_csv_holds_the_rows_of_the_page_for_a_spreadsheet(world: World, sit: Sit) -> None:
    client = sit("office")
    answer = client.get(f"/2026-H1/targets/{world.province.key}/csv/")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    text = answer.content.decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert table[0] == ["Tỉnh Vĩnh An", "6 tháng đầu năm 2026"]
    assert table[1] == ["Số liệu minh họa"]
    lines = {row[2]: row for row in table[3:]}
    shown = working(client, world.province.key)
    assert len(lines) == len(shown) - 1  # the head of the page's table
    served = next(row for name, row in lines.items() if name.startswith("Tỷ lệ người bị bạo lực gia đình"))
    assert served[5:8] == ["≥ 90 (năm 2030)", "95,0", "105,6"]


def test_the_change_of_a_year_in_the_csv_is_a_plain_number(world: World, sit: Sit) -> None:
    for unit in world.communes:  # the same communes told a year ago, and again now
        say(world, world.province, unit, PERIOD.same_last_year().previous(), start=11)
    say(world, world.province, world.communes[2], PERIOD.previous(), start=24)
    text = sit("office").get(f"/2026-H2/targets/{world.province.key}/csv/").content.decode("utf-8-sig")
    assert all(
        not cell.startswith(("=", "+", "@")) for row in csv.reader(io.StringIO(text), delimiter=";") for cell in row
    )


def test_no_text_of_a_csv_is_taken_for_a_formula() -> None:
    assert [inert(text) for text in ("=1+1", "+84", "@x", "-x", "-3,5", "–", "Xã A")] == [
        "'=1+1", "'+84", "'@x", "'-x", "-3,5", "–", "Xã A",
    ]  # fmt: skip


# ---------------------------------------------------------------------------------------------------- in a browser


@pytest.mark.browser
def test_choosing_a_group_changes_the_table_and_the_address(tab: Page, served: Served) -> None:
    sign_in(tab, served, "office")
    tab.goto(f"{served.address}{TARGETS}")
    tab.select_option("#group", "nsge.3")
    tab.wait_for_selector("#heat td:has-text('95,0')")
    assert "group=nsge.3" in tab.url
    tab.reload()
    assert tab.locator("#heat tbody tr").first.inner_text().split()[:3] == ["Tỉnh", "Vĩnh", "An"]
    assert tab.locator("#heat").get_by_text("95,0").count() >= 1


@pytest.mark.browser
def test_the_table_works_without_scripts(browser: object, served: Served) -> None:
    context = browser.new_context(viewport=WIDE, java_script_enabled=False)  # type: ignore[attr-defined]
    page = context.new_page()
    sign_in(page, served, "office")
    page.goto(f"{served.address}{TARGETS}")
    page.select_option("#group", "nsge.3")
    page.click("main form button")
    page.wait_for_load_state()
    assert "group=nsge.3" in page.url
    assert "95,0" in page.locator("#heat").inner_text()
    context.close()


@pytest.mark.browser
@pytest.mark.proof
def test_targets_are_accessible_and_fit(tab: Page, served: Served) -> None:
    sign_in(tab, served, "office")
    for lang in ("vi", "en"):
        tab.context.add_cookies([{"name": "tienbo_lang", "value": lang, "url": served.address}])
        for size in (WIDE, NARROW):
            tab.set_viewport_size(size)  # type: ignore[arg-type]
            for address in (f"{TARGETS}?group=lm", f"{TARGETS}{served.units['province']}/"):
                tab.goto(served.address + address)
                assert tab.locator("html").get_attribute("lang") == lang
                assert serious(tab) == [], (lang, size, address)
                assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
                tab.locator(".tb-scroll").focus()  # the keyboard can scroll a wide table
                assert tab.evaluate("document.activeElement.classList.contains('tb-scroll')")
