"""Home of a period: who has sent, how targets stand, what needs a look, what moved; on figures worked out by hand.

Of the first province four owe a return in the first half of 2026: the communes Đồng Tâm, Hòa Lạc and Bến Thóc, which
were received, and Sở Nội vụ, which sent nothing. What each told is n, and n − 1 of it: 13, 20 and 27; a half-year
before, 10 and 17 of two communes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page
from tests.web.browser import NARROW, WIDE, Served, sign_in
from tests.web.reading import words
from tests.web.test_signing_in import serious
from tests.web.world import PERIOD, World, say

from tienbo.accounts.actors import operator
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import load
from tienbo.catalogue.returns import Content, Figure, facts
from tienbo.collection.manifest import Said, segment_write
from tienbo.collection.models import Campaign, Return
from tienbo.collection.services import Incoming, campaign_open, returns_take, revision_ask_supplement
from tienbo.core.faults import Fault, Level
from tienbo.core.periods import Period
from tienbo.engine.rows import rows_of
from tienbo.ground.models import Job
from tienbo.units.models import Unit
from tienbo.web.templatetags.tienbo import day

Sit = Callable[[str], Client]
HOME = "/2026-H1/"


@pytest.fixture
def desk(world: World, sit: Sit) -> Callable[[str], Client]:
    """Clients that speak English, in a world whose returns were due a week ago and came before that."""
    due_in(world, -7)

    def speaking(name: str) -> Client:
        client = sit(name)
        client.cookies["tienbo_lang"] = "en"
        return client

    return speaking


def due_in(world: World, days: int) -> None:
    day = timezone.localdate() + timedelta(days=days)
    Campaign.objects.filter(root=world.province, period_code=PERIOD.code).update(due_on=day)


def latest(unit: Unit) -> Return:
    return Return.objects.select_related("latest").get(unit=unit, campaign__period_code=PERIOD.code)


def take(world: World, unit: Unit, *, qualifier: str = "exact", warnings: int = 0, accept: bool = True) -> None:
    """A small return of a unit."""
    edition = load("vn")
    form = edition.form_for(unit.kind, PERIOD)
    assert form is not None
    figures = {"ubnd_key:total": Figure(Decimal(3), qualifier, "Biểu 01!D9")}  # type: ignore[arg-type]
    content = Content(form.code, fingerprint(edition), unit.key, PERIOD, figures=figures)
    campaign = campaign_open(root=world.province, period=PERIOD, edition=edition)
    found = [Fault("core.unreadable_period", f"Biểu 01!D{n}", {"text": "x"}, Level.WARNING) for n in range(warnings)]
    incoming = Incoming(campaign, unit, content, warnings=found)
    returns_take(incoming=[incoming], actor=operator("thử nghiệm"), accept=accept)


# ------------------------------------------------------------------------------------------------ who has sent


def test_the_office_sees_who_was_received_and_who_is_late(world: World, desk: Sit) -> None:
    text = words(desk("office").get(HOME))
    assert "3 /4 returns received" in text
    assert "Late: 1" in text
    assert "Late (1) Sở Nội vụ" in text
    assert "7 days ago" in text


def test_before_the_due_date_nobody_is_late(world: World, desk: Sit) -> None:
    due_in(world, 1)
    text = words(desk("office").get(HOME))
    assert "Late: 0" in text
    assert "Not sent yet: 1" in text
    assert "1 day left" in text
    assert "sent after the due date" not in text


def test_a_return_that_waits_and_one_asked_to_supplement_are_two_piles(world: World, desk: Sit) -> None:
    take(world, world.department, accept=False)
    revision = latest(world.communes[0]).latest
    assert revision is not None
    revision_ask_supplement(revision=revision, actor=operator("thử nghiệm"), note="Đề nghị bổ sung Biểu 02.")
    text = words(desk("office").get(HOME))
    assert "2 /4 returns received" in text
    assert "Supplement asked for: 1" in text
    assert "Waits for a decision: 1" in text
    assert "Xã Đồng Tâm" in text
    assert "Đề nghị bổ sung Biểu 02." in text  # nobody is late: what was asked for comes first
    listed = words(desk("office").get(f"{HOME}?state=sent"))
    assert "Waits for a decision (1) Sở Nội vụ" in listed


def test_the_list_of_a_pile_comes_alone_when_asked_for_alone(world: World, desk: Sit) -> None:
    answer = desk("office").get(f"{HOME}?state=received", headers={"HX-Request": "true"})
    text = words(answer)
    assert "<html" not in answer.content.decode()
    assert [name in text for name in ("Phường Bến Thóc", "Xã Đồng Tâm", "Xã Hòa Lạc", "Sở Nội vụ")] == [True] * 3 + [
        False
    ]
    assert text.index("Phường Bến Thóc") < text.index("Xã Đồng Tâm") < text.index("Xã Hòa Lạc")


def test_who_first_sent_after_the_due_date_is_counted_whatever_was_corrected_since(world: World, desk: Sit) -> None:
    assert "3 units sent after the due date" in words(desk("office").get(HOME))
    due_in(world, 0)
    assert "sent after the due date" not in words(desk("office").get(HOME))


@pytest.mark.parametrize(
    "address", ["/2099-H1/", "/2099/", "/2099-H1/targets/", "/2099-H1/intake/", "/2099-H1/report/"]
)
def test_a_period_to_come_that_nobody_opened_is_said_not_to_have_begun(world: World, desk: Sit, address: str) -> None:
    answer = desk("office").get(address)
    assert answer.status_code == 404
    assert "has not begun It begins on 15/12/2098" in words(answer)
    assert 'href="/2026-H1/intake/"' in answer.content.decode(), "the menu leads to a period there is"
    assert Client().get(address).status_code == 302, "who is nobody is asked to sign in as anywhere"
    if address.endswith("H1/"):
        campaign_open(root=world.province, period=Period(2099, 1), edition=load("vn"))
        assert desk("office").get(address).status_code == 200


def test_a_day_is_a_day_in_viet_nam() -> None:
    """Past seven in the evening in Greenwich it is the next day here, and a page says one day of one moment."""
    assert day(datetime(2026, 11, 24, 17, 29, tzinfo=UTC)) == "25/11/2026"
    assert day(date(2026, 11, 24)) == "24/11/2026"


def test_a_state_that_does_not_exist_is_no_state(world: World, desk: Sit) -> None:
    assert "Late (1)" in words(desk("office").get(f"{HOME}?state=nothing"))


# ----------------------------------------------------------------------------------------------- how targets stand


def test_targets_are_tallied_as_counted_by_hand(world: World, desk: Sit) -> None:
    """Held for a province in 2026 and asked each half-year: NSGE-1.1, 3.2a, 3.2b, 4.1, 4.2, 6.3, LM-1, the two of
    resolution 26 and the list of candidates, ten in all. Nobody tells births and mothers' deaths (4.1, 4.2): there is
    no department of health. The other eight are met: 100 %, 95 % or "every commune"."""
    text = words(desk("office").get(HOME))
    assert "8 /8 targets with a figure are met" in text
    assert "Not met yet: 0" in text
    assert "No data yet: 2" in text


def test_the_target_furthest_from_its_value_is_told_with_its_gap(world: World, desk: Sit) -> None:
    for unit in world.communes:
        say(world, world.province, unit, PERIOD, start=5)  # 4 of 5 each, 80 %
    text = words(desk("office").get(HOME))
    assert "7 /8 targets with a figure are met" in text
    assert "80.0 % · plan ≥ 90 (year 2030) · below by 10.0 % points" in text


def test_as_many_targets_are_named_as_are_said_not_to_be_met(world: World, desk: Sit, monkeypatch: Any) -> None:
    """What does not fit the list is counted under it, and leads to the table with all of them."""
    for unit in world.communes:
        say(world, world.province, unit, PERIOD, start=2)  # 1 of 2 each
    for most in (6, 1):
        monkeypatch.setattr("tienbo.web.home.TELLING", most)
        answer = desk("office").get(HOME)
        text = words(answer)
        unmet = re.search(r"Not met yet: (\d+)", text)
        assert unmet is not None
        more = re.search(r"and (\d+) more targets? that (?:is|are) not met yet", text)
        named = answer.content.decode().count("</b> · plan ")
        assert 0 < named <= most
        assert named + (int(more.group(1)) if more else 0) == int(unmet.group(1)) > 1
    assert f'href="/2026-H1/targets/{world.province.key}/">and ' in answer.content.decode()


# ----------------------------------------------------------------------------------------------- what moved


def test_what_moved_is_told_in_points_since_a_period_of_the_same_units(world: World, desk: Sit) -> None:
    """25 of 27 a half-year before and 57 of 60 now: 92.59 to 95.00. A year before, the map was another one."""
    text = words(desk("office").get(HOME))
    assert "Not comparable yet with the first six months of 2025" in text
    assert "Since the last six months of 2025" in text
    assert "+2.4 , nearer to the target 92.6 → 95.0" in text


def test_the_first_period_on_a_new_map_is_compared_with_nothing(world: World, desk: Sit) -> None:
    text = words(desk("office").get("/2025-H2/"))
    assert "Not comparable yet" in text
    assert "Since" not in text
    assert "→" not in text


# ------------------------------------------------------------------------------------------ what needs a look


def test_nothing_that_needs_a_look_is_said_to_be_nothing(world: World, desk: Sit) -> None:
    assert "Nothing stands out" in words(desk("office").get(HOME))


def test_warnings_estimates_and_refused_files_are_counted(world: World, desk: Sit) -> None:
    take(world, world.communes[0], warnings=2)
    take(world, world.communes[1], qualifier="estimate", warnings=1)
    files = [
        {"name": "a.xlsx", "sha256": "a", "state": "refused", "unit": world.department.key},
        {"name": "a lại.xlsx", "sha256": "a", "state": "refused", "unit": world.department.key},  # the same bytes
        {"name": "b.xlsx", "sha256": "b", "state": "refused", "unit": ""},
        {"name": "c.xlsx", "sha256": "c", "state": "refused", "unit": world.communes[0].key},  # a good one came since
        {"name": "d.xlsx", "sha256": "d", "state": "received", "unit": world.communes[1].key},
    ]
    for key, period in (("job_1", PERIOD.code), ("job_2", "2025-H2")):
        Job.objects.create(
            key=key, kind="intake.receive", state=Job.State.DONE, result={"files": files}, added_by="x", lang="vi",
            arguments={"seat": world.province.key, "period": period},
        )  # fmt: skip
    text = words(desk("office").get(HOME))
    assert "3 warnings on returns (2 units)" in text
    assert "Xã Đồng Tâm : 2" in text
    assert "1 unit gave estimates" in text
    assert "2 files were refused" in text


def test_a_figure_that_another_source_answers_for_is_told_and_not_added(world: World, desk: Sit) -> None:
    """Sở Nội vụ tells two figures that only communes answer for."""
    before = words(desk("office").get(HOME))
    assert "another source answers for" not in before
    said = latest(world.communes[0]).latest
    assert said is not None
    edition = load("vn")
    served = [row for row in facts(edition, Content.from_json(said.content)) if row.series.startswith("gbv.victims.")]
    take(world, world.department)
    revision = latest(world.department).latest
    assert revision is not None
    kind = world.department.kind
    told = Said(revision.pk, world.department.pk, kind, PERIOD, edition, None, rows_of(served[:2]))
    segment_write(store=world.stores.facts, said=[told])
    after = words(desk("office").get(HOME))
    assert "2 figures were told that another source answers for" in after
    assert before[before.index("targets with a figure") :].partition("What needs")[0] in after


# ------------------------------------------------------------------------------------------------ whose home it is


def test_the_chair_gets_the_answer_first_and_the_whole_on_asking(world: World, desk: Sit) -> None:
    text = words(desk("chair").get(HOME))
    assert "Targets met 8 /8" in text
    assert "Returns received 3 /4" in text
    assert text.count("→") == 3
    assert "1 unit late" in text
    assert "How the targets stand" in words(desk("chair").get(f"{HOME}?view=full"))
    assert "How the targets stand" in words(desk("office").get(HOME))


def test_an_officer_sees_the_state_of_the_own_return_and_what_was_asked(world: World, desk: Sit) -> None:
    text = words(desk("preparer").get(HOME))
    revision = latest(world.communes[0]).latest
    assert revision is not None
    assert "Your return Received" in text
    assert revision.receipt.code in text
    assert "Hòa Lạc" not in text
    revision_ask_supplement(revision=revision, actor=operator("thử nghiệm"), note="Đề nghị bổ sung Biểu 02.")
    asked = words(desk("preparer").get(HOME))
    assert "Supplement asked for" in asked
    assert "Please supplement: Đề nghị bổ sung Biểu 02." in asked


def test_a_department_that_sent_nothing_is_told_what_to_do(world: World, desk: Sit) -> None:
    answer = desk("department").get(HOME)
    text = words(answer)
    assert "Your return Late" in text
    assert "Nothing was sent yet." in text
    assert f"/unit/{world.department.key}/" in answer.content.decode()


def test_a_guest_has_no_home(world: World, desk: Sit) -> None:
    assert desk("partner").get(HOME).status_code == 404


def test_the_other_office_sees_its_own_returns_only(world: World, desk: Sit) -> None:
    text = words(desk("other_office").get(HOME))
    assert "2 /2 returns received" in text
    assert "Sở Nội vụ" not in text
    assert "Đồng Tâm" not in text


@pytest.mark.parametrize("seat", ["office", "chair", "preparer", "department", "inspector"])
def test_periods_without_returns_or_units_are_told_and_break_nothing(world: World, desk: Sit, seat: str) -> None:
    client = desk(seat)
    assert "not opened" in words(client.get("/2026-H2/")) or seat == "chair"
    assert "did not stand" in words(client.get("/2024-H2/"))
    assert client.get("/2025/").status_code == 200
    assert client.get("/1950-H1/").status_code == 404


def test_a_period_opened_and_still_empty_leads_to_the_last_one_with_figures(world: World, desk: Sit) -> None:
    campaign_open(root=world.province, period=PERIOD.previous().same_last_year().previous(), edition=load("vn"))
    campaign_open(root=world.province, period=type(PERIOD)(2026, 2), edition=load("vn"))
    answer = desk("office").get("/2026-H2/")
    assert "Nothing was received for this period yet." in words(answer)
    assert 'href="/2026-H1/"' in answer.content.decode()


# ---------------------------------------------------------------------------------------------------- in a browser


@pytest.mark.browser
def test_the_chair_has_the_answer_on_one_screen_of_a_phone(tab: Page, served: Served) -> None:
    tab.set_viewport_size(NARROW)  # type: ignore[arg-type]
    sign_in(tab, served, "chair")
    last = tab.locator(".tb-brief .tb-ways a").last.bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= NARROW["height"]
    assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.browser
def test_the_office_opens_a_list_and_a_unit_with_the_keyboard(tab: Page, served: Served) -> None:
    sign_in(tab, served, "office")
    pile = tab.locator(".tb-piles a[href*='state=received']")
    pile.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#senders >> text=Xã Hòa Lạc")
    # the list has more than one unit in it: the page that opens is the one of the line that was pressed
    line = tab.locator("#senders .tb-units a", has_text="Xã Hòa Lạc").first
    line.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/unit/**")
    assert "Xã Hòa Lạc" in tab.inner_text("h1")


@pytest.mark.browser
@pytest.mark.parametrize("seat", ["office", "chair", "preparer"])
def test_every_home_is_accessible_and_fits(tab: Page, served: Served, seat: str) -> None:
    sign_in(tab, served, seat)
    for lang in ("vi", "en"):
        tab.context.add_cookies([{"name": "tienbo_lang", "value": lang, "url": served.address}])
        for size in (WIDE, NARROW):
            tab.set_viewport_size(size)  # type: ignore[arg-type]
            tab.goto(served.address + HOME)
            assert tab.locator("html").get_attribute("lang") == lang
            assert serious(tab) == [], (lang, size)
            assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_address_of_a_form_that_is_opened_says_what_it_is(sit: Callable[[str], Client]) -> None:
    """Loaded again after the session ended, or kept as a bookmark: words, not an empty page."""
    answer = sit("office").get("/2026-H1/report/release/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert "Đường dẫn này là một bước gửi, không phải một trang" in answer.content.decode()
